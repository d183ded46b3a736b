import { Argument } from 'commander';
import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

/** `pawl schedules`: what starts flows by itself, and holding it up. */
export const define: DefineCommand = (command) => {
  command
    .addArgument(new Argument('[what]', 'list, pause or resume').choices(['list', 'pause', 'resume']).default('list'))
    .argument('[flow]', 'pause, resume: the flow, as namespace/name')
    .addOption(limitOption())
    .option('--reason <text>', 'pause, resume: why; it is recorded')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      `${examples({
        'pawl schedules': 'what starts flows by itself, and when next',
        'pawl schedules pause shop/nightly': 'start no run of it until it is resumed',
        'pawl schedules resume shop/nightly': 'go on; what was missed meanwhile is left out',
      })}\n\nA schedule is made, changed and ended by publishing its flow: the newest version is in force.`,
    )
    .action(
      async (what: string, flow: string | undefined, options: { limit: number; reason?: string; json?: boolean }) => {
        const { changeSchedule, showSchedules } = await import('../client/schedules.ts');
        if (what === 'pause' || what === 'resume') await changeSchedule(what, flow, options);
        else await showSchedules(options);
      },
    );
};
