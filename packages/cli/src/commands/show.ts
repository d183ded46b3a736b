import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl show`: one run and its journal. */
export const define: DefineCommand = (command) => {
  command
    .argument('<run>', 'id of the run')
    .option('--journal', 'print the journal, one JSON object a line')
    .option('--json', 'print the run as JSON')
    .addHelpText(
      'after',
      examples({
        'pawl show 0193…': 'status, error or output, and what happened last',
        'pawl show 0193… --journal': 'every event',
      }),
    )
    .action(async (run: string, options: { journal?: boolean; json?: boolean }) => {
      await (await import('../client/show-run.ts')).showRun(run, options);
    });
};
