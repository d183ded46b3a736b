import { type DefineCommand, examples } from '../define-command.ts';

/** Options of `pawl secret`. */
export interface SecretOptions {
  readonly valueFile?: string;
  readonly stdin?: boolean;
  readonly object?: boolean;
  readonly host?: readonly string[];
  readonly flow?: readonly string[];
  readonly value?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `pawl secret`: values that flows send and nobody reads. */
export const define: DefineCommand = (command, exit) => {
  command
    .argument('<what>', 'set, list, remove, test, changes or rotate-key')
    .argument('[name]', 'name of the secret, as flows have it in use.secrets')
    .option('--value-file <file>', 'set: read the value from this file')
    .option('--stdin', 'set: read the value from stdin (default: ask for it on the terminal)')
    .option('--object', 'set: the value is a JSON object, such as the policy of an authentication')
    .option('--host <host...>', 'set: hosts that it may be sent to: host, host:port, *.example.com (default: any)')
    .option('--flow <flow...>', 'set: flows that may use it: namespace/name, * for any characters (default: all)')
    .option('--value <text>', 'not taken: other users of the machine could read it, and the shell remembers it')
    .option('--reason <text>', 'set, remove, rotate-key: why; it is recorded')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      `${examples({
        'pawl secret set stripe --host api.stripe.com': 'ask for the value, and let it go to that host only',
        'pawl secret set token --stdin < token.txt': 'take the value from a file or another program',
        'pawl secret list': 'names, versions, hosts, and the flows that use them; never a value',
        'pawl secret remove token': 'say which flows use it still',
        'pawl secret rotate-key': 'seal everything under a new master key; safe to repeat',
      })}\n\nOne line break at the end of a value is not part of it. Without a server at PAWL_URL, the database of the data folder is used.`,
    )
    .action(async (what: string, name: string | undefined, options: SecretOptions) => {
      exit(await (await import('../secrets/secret-command.ts')).secretCommand(what, name, options));
    });
};
