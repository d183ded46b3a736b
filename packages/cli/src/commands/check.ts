import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl check`: what is wrong with flow documents, before they run. */
export const define: DefineCommand = (command, exit) => {
  command
    .argument('<file...>', 'flow documents, YAML or (ending in .json) JSON')
    .option('--json', 'print one JSON object: {"files":[{"file","valid","problems"}]}')
    .addHelpText(
      'after',
      examples({
        'pawl check flow.yaml': 'problems with line and hint, and the guarantee of each step',
        'pawl check --json examples/*/flow.yaml': 'the same for a program',
      }),
    )
    .action(async (files: string[], { json }: { json?: boolean }) => {
      exit(await (await import('../check/check-files.ts')).checkFiles(files, json === true));
    });
};
