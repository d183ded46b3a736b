import { type DefineCommand, examples } from '../define-command.ts';

/** Options of `pawl connection`. */
export interface ConnectionOptions {
  readonly kind?: string;
  readonly field?: readonly string[];
  readonly secret?: readonly string[];
  readonly host?: readonly string[];
  readonly flow?: readonly string[];
  readonly reason?: string;
  readonly json?: boolean;
}

/** `pawl connection`: accounts at databases, for the `connection` of an action. */
export const define: DefineCommand = (command, exit) => {
  command
    .argument('<what>', 'set, list, remove or test')
    .argument('[name]', 'name of the connection, as actions have it')
    .option('--kind <kind>', 'set: postgres')
    .option('--field <name=value...>', 'set: fields that lists show: host, port, user, database, tls, allow')
    .option(
      '--secret <name@file...>',
      'set: sealed fields: password@FILE, password@- for stdin, or password to be asked',
    )
    .option('--host <host...>', 'set: hosts that it may be used for: host, host:port, *.example.com (default: any)')
    .option('--flow <flow...>', 'set: flows that may use it: namespace/name, * for any characters (default: all)')
    .option('--reason <text>', 'set, remove: why; it is recorded')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      `${examples({
        'pawl connection set crm --kind postgres --field host=db.example user=pawl database=crm --secret password':
          'set all of it; the password is asked for',
        'pawl connection test crm': 'connect as a flow would, and run `select 1`',
        'pawl connection list': 'names and open fields, and the flows that use them',
        'pawl connection remove crm': 'say which flows use it still',
      })}\n\nA connection of the file PAWL_CONNECTIONS goes before one of the same name. A set replaces all fields: what is not given is not kept.`,
    )
    .action(async (what: string, name: string | undefined, options: ConnectionOptions) => {
      exit(await (await import('../secrets/connection-command.ts')).connectionCommand(what, name, options));
    });
};
