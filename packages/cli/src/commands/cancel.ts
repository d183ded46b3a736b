import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl cancel`: ends a run before its time. */
export const define: DefineCommand = (command) => {
  command
    .argument('<run>', 'id of the run')
    .option('--reason <text>', 'why; it stands in the journal')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      examples({
        'pawl cancel 0193… --reason "wrong file"': 'nothing new starts; an effect under way is still answered',
      }),
    )
    .action(async (run: string, { reason, json }: { reason?: string; json?: boolean }) => {
      const { callServer, segment } = await import('../client/api.ts');
      const { print, printJson } = await import('../output.ts');
      const body = reason === undefined ? {} : { reason };
      const answer = await callServer(`runs/${segment(run)}/cancel`, { method: 'POST', body });
      if (json === true) return printJson(answer.body);
      print(
        answer.status === accepted
          ? `The run ${run} will be cancelled as soon as its worker hears of it.`
          : `The run ${run} is being cancelled.`,
      );
    });
};

const accepted = 202;
