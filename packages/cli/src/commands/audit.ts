import { Argument } from 'commander';
import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

/** Options of `pawl audit`. */
export interface AuditOptions {
  readonly since?: string;
  readonly verify?: boolean;
  readonly known?: string;
  readonly limit: number;
  readonly direct?: boolean;
  readonly json?: boolean;
}

/** `pawl audit`: who did what, when and why. */
export const define: DefineCommand = (command, exit) => {
  command
    .addArgument(new Argument('[what]', 'list or verify').choices(['list', 'verify']).default('list'))
    .option('--since <time>', 'only what was done since then: 2026-11-24, or a time such as 7d or PT12H before now')
    .option('--verify', 'the same as verify: read all of it and say whether it is as it was written')
    .option('--known <seq:hash>', 'verify: compare with an entry that was noted before')
    .addOption(limitOption())
    .option('--direct', 'work on the database of the data folder, whatever server runs')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      examples({
        'pawl audit --since 7d': 'what people did in the last week, the newest first',
        'pawl audit verify': 'exit code 1 if an entry was changed, taken out or put in',
        'pawl audit verify --known 42:9f86…': 'also if all of it was written anew since entry 42 was noted',
      }),
    )
    .action(async (what: string, options: AuditOptions) => {
      exit(await (await import('../access/audit-command.ts')).auditCommand(what, options));
    });
};
