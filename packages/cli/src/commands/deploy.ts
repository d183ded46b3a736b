import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl deploy`: publishes a flow version. */
export const define: DefineCommand = (command) => {
  command
    .argument('<file>', 'flow document, YAML or (ending in .json) JSON')
    .option('--reason <text>', 'why; it is recorded')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      examples({
        'pawl deploy flow.yaml': 'a version, once published, never changes; raise document.version for the next',
      }),
    )
    .action(async (file: string, options: { reason?: string; json?: boolean }) => {
      await (await import('../client/deploy-file.ts')).deployFile(file, options);
    });
};
