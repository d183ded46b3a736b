import type { JsonObject } from '../../json.ts';
import type { Actions } from '../../ports.ts';
import type { Problem } from '../../result.ts';
import type { ExpressionText } from '../expression-text.ts';
import type { Sites } from './sites.ts';

/** What the linter must know beside the document. */
export interface LintOptions {
  /** The actions that there are; without them, calls of actions are not checked. */
  readonly catalog?: Pick<Actions, 'describe'> & Partial<Pick<Actions, 'names'>>;
  /**
   * `check`: is this a flow? What this version of Pawl cannot run yet is a warning.
   * `deploy`: will Pawl run all of it? Then that is an error.
   */
  readonly purpose: 'check' | 'deploy';
}

/** A problem, with the part of a text that it is about. */
export type LintProblem = Problem & { readonly within?: ExpressionText };

/** What every rule gets. */
export interface Lint extends LintOptions {
  readonly document: JsonObject;
  readonly sites: Sites;
  readonly report: (problem: LintProblem) => void;
  /** Whether there is room for another problem of this severity; if not, finding its hint is wasted. */
  readonly wants: (severity: Problem['severity']) => boolean;
}

/** What to do next; a function where finding it out costs something. */
type Hint = string | undefined | (() => string | undefined);

/** Refuses something for certain. */
export function refuse(lint: Lint, code: string, path: string, message: string, hint?: Hint): void {
  tell(lint, 'error', code, path, message, hint);
}

/** Points at something that works and may surprise. */
export function warn(lint: Lint, code: string, path: string, message: string, hint?: Hint): void {
  tell(lint, 'warning', code, path, message, hint);
}

/** Something of the language that may be right elsewhere: an error only where the flow is to run here. */
export function refuseToRun(lint: Lint, code: string, path: string, message: string, hint?: Hint): void {
  tell(lint, lint.purpose === 'deploy' ? 'error' : 'warning', code, path, message, hint);
}

/** Something of the language that this version of Pawl does not run. */
export function notYet(lint: Lint, path: string, what: string, hint?: Hint): void {
  refuseToRun(lint, 'PAWL_FLOW_NOT_YET', path, `${what} not built yet, so Pawl does not run this flow.`, hint);
}

function tell(
  lint: Lint,
  severity: Problem['severity'],
  code: string,
  path: string,
  message: string,
  hint: Hint,
): void {
  if (!lint.wants(severity)) return;
  const found = typeof hint === 'function' ? hint() : hint;
  lint.report({ code, severity, path, message, ...(found === undefined ? {} : { hint: found }) });
}
