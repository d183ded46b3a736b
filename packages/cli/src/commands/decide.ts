import { type DefineCommand, examples } from '../define-command.ts';

/** Options of `pawl decide`. */
export interface DecideOptions {
  readonly applied?: boolean;
  readonly notApplied?: boolean;
  readonly fail?: boolean;
  readonly output?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `pawl decide`: what only a person can know. */
export const define: DefineCommand = (command) => {
  command
    .argument('[id]', 'id of the decision; without it, the open ones are listed')
    .option('--applied', 'the effect was applied: the run goes on')
    .option('--output <json>', "with --applied: the step's output, as JSON, @file or -")
    .option('--not-applied', 'it was not: it is sent again')
    .option('--fail', 'let the step fail')
    .option('--reason <text>', 'why; it stands in the journal')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      examples({
        'pawl decide': 'list what waits for a person, and why',
        'pawl decide ID --applied --output \'{"id":42}\'': 'the order is there: go on with it',
        'pawl decide ID --not-applied --reason "not in the bank\'s list"': 'send it again',
      }),
    )
    .action(async (id: string | undefined, options: DecideOptions) => {
      const decide = await import('../client/decide.ts');
      await (id === undefined ? decide.listDecisions(options) : decide.decide(id, options));
    });
};
