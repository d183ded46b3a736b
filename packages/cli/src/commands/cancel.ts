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
      await (await import('../client/cancel-run.ts')).cancelRun(run, { reason, json: json === true });
    });
};
