import { type DefineCommand, examples } from '../define-command.ts';

/** Options of `pawl decide`. */
export interface DecideOptions {
  readonly applied?: boolean;
  readonly notApplied?: boolean;
  readonly fail?: boolean;
  readonly output?: string;
  readonly approve?: boolean;
  readonly reject?: boolean;
  readonly data?: string;
  readonly assignee?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `pawl decide`: what only a person can know. */
export const define: DefineCommand = (command) => {
  command
    .argument('[id]', 'id of the decision; without an answer it is shown, without an id the open ones are listed')
    .option('--approve', 'what the step asks is approved')
    .option('--reject', 'it is rejected')
    .option('--data <json>', 'with --approve or --reject: what the form asks for, as JSON, @file or -')
    .option('--assignee <name>', 'in the list: only what is asked of this group, or of user:NAME')
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
        'pawl decide ID': 'show the question and its form',
        'pawl decide ID --approve --data \'{"amount":42}\'': 'approve, with what the form asks for',
        'pawl decide ID --reject --reason "no receipt"': 'reject, and say why',
        'pawl decide ID --applied --output \'{"id":42}\'': 'the order is there: go on with it',
        'pawl decide ID --not-applied --reason "not in the bank\'s list"': 'send it again',
      }),
    )
    .action(async (id: string | undefined, options: DecideOptions) => {
      const decide = await import('../client/decide.ts');
      if (id === undefined) return decide.listDecisions(options);
      return decide.answers(options) ? decide.decide(id, options) : decide.showDecision(id, options);
    });
};
