import type { Answer, AskedRow, DecisionRow, Json, Verdict } from '@pawl/core';
import { canonicalJson, checkAnswer, PawlError } from '@pawl/core';

/** What became of an answer to a question; `recorded`: the first of two approvals. */
export type AnswerVerdict = 'taken' | 'lost' | 'recorded';

/**
 * Throws where a question does not take an answer as it stands: PAWL_DECISION_INVALID with pointers into the data, or
 * PAWL_DECISION_REFUSED. Its run's owner has the last word, as the question may have changed by then.
 */
export function requireAnswer({ id, ask }: DecisionRow, verdict: Verdict, by: string): void {
  if (!('decision' in verdict)) {
    if (ask === undefined) return;
    throw new PawlError('PAWL_DECISION_INVALID', `The question ${id} is answered by a decision: approved or rejected.`);
  }
  if (ask === undefined)
    throw new PawlError(
      'PAWL_DECISION_INVALID',
      `The question ${id} is whether an effect was applied: it is answered by applied or fail.`,
    );
  const check = checkAnswer({ terms: ask, approvals: ask.approvals }, verdict, by);
  if (check.ok) return;
  if (check.problems === undefined) throw refused(check.message);
  const problems = check.problems.map(({ path, message }) => ({ path: `/data${path}`, message }));
  throw new PawlError('PAWL_DECISION_INVALID', check.message, { extra: { problems } });
}

/**
 * What became of an answer, from the question before and after; undefined: nothing yet. Throws PAWL_DECISION_REFUSED where
 * the owner did not take it.
 */
export function fateOf(
  before: DecisionRow,
  { ask, decided }: DecisionRow,
  verdict: Verdict,
  by: string,
): AnswerVerdict | undefined {
  if (decided !== null) return decided.by === by && isSame(decided.verdict, verdict) ? 'taken' : 'lost';
  if (ask === undefined || before.ask === undefined) return undefined;
  if (isNewApproval(before.ask, ask, by)) return 'recorded';
  if (ask.refusals > before.ask.refusals && ask.refused?.by === by) throw refused(ask.refused.reason);
  return undefined;
}

/** The refusal of an answer that came too late, with who was first. */
export function tooLate({ id, decided }: DecisionRow): PawlError {
  if (decided === null) return new PawlError('PAWL_DECISION_TAKEN', `The question ${id} was answered before.`);
  const { by, verdict } = decided;
  const at = new Date(decided.at).toISOString();
  return new PawlError('PAWL_DECISION_TAKEN', `The question ${id} was answered before, by ${by} at ${at}.`, {
    extra: { decided: { at, by, verdict, reason: decided.message } },
  });
}

function isSame(decided: Json, verdict: Verdict): boolean {
  if (!('decision' in verdict)) return canonicalJson(decided) === canonicalJson(verdict as Json);
  // What is left out is filled in by the question.
  const { decision, data = (decided as Answer).data ?? null } = verdict;
  return canonicalJson(decided) === canonicalJson({ decision, data });
}

function isNewApproval(before: AskedRow, now: AskedRow, by: string): boolean {
  return now.approvals.slice(before.approvals.length).some((one) => one.by === by);
}

function refused(why: string): PawlError {
  return new PawlError('PAWL_DECISION_REFUSED', why);
}
