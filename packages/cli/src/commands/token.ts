import { Option } from 'commander';
import { type DefineCommand, examples } from '../define-command.ts';
import { longDurationArgument } from './duration-argument.ts';

/** Options of `pawl token`. */
export interface TokenOptions {
  readonly role?: string;
  /** Milliseconds. */
  readonly expires?: number;
  readonly reason?: string;
  readonly direct?: boolean;
  readonly json?: boolean;
}

/** `pawl token`: who may use this Pawl, and for what. */
export const define: DefineCommand = (command, exit) => {
  command
    .argument('<what>', 'add, list or revoke')
    .argument('[name]', 'name of the token, as journals and the audit trail have it')
    .addOption(new Option('--role <role>', 'add: what it may do').choices(['viewer', 'operator', 'publisher', 'admin']))
    .addOption(
      new Option(
        '--expires <time>',
        'add: how long it works, such as P90D or 12h (default: until it is revoked)',
      ).argParser(longDurationArgument),
    )
    .option('--reason <text>', 'why; it is recorded')
    .option('--direct', 'work on the database of the data folder, whatever server runs: for the first token')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      `${examples({
        'pawl token add lena --role operator --expires P90D': 'print the token, this once',
        'pawl token list': 'names, roles, expiry and last use; never a token',
        'pawl token revoke lena --reason "left the team"': 'it does not work any more, at once',
      })}\n\nCommands send the token of PAWL_TOKEN.`,
    )
    .action(async (what: string, name: string | undefined, options: TokenOptions) => {
      exit(await (await import('../access/token-command.ts')).tokenCommand(what, name, options));
    });
};
