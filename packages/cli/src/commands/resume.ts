import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl resume`: lets a run go on that was set aside. */
export const define: DefineCommand = (command) => {
  command
    .argument('<run>', 'id of the run')
    .option('--reason <text>', 'why; it is recorded')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      examples({
        'pawl resume 0193… --reason "the disk is mended"':
          'a run that Pawl set aside, since deciding it failed, goes on',
      }),
    )
    .action(async (run: string, { reason, json }: { reason?: string; json?: boolean }) => {
      await (await import('../client/resume-run.ts')).resumeRun(run, { reason, json: json === true });
    });
};
