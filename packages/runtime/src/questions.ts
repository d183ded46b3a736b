import type { AskedRow, AskState, DecisionRow, Pending, RunEvent } from '@pawl/core';
import type { Question, Run } from './run-table.ts';

/** The questions that are open in what a run waits for. */
export function openQuestions(pending: readonly Pending[]): Map<string, Question> | undefined {
  let open: Map<string, Question> | undefined;
  for (const one of pending) {
    if (one.kind !== 'decision') continue;
    open ??= new Map();
    const { id, step, askedAt, reason, ask } = one;
    open.set(id, { id, step, askedAt, reason, ...(ask === undefined ? {} : { ask: askedRow(ask) }) });
  }
  return open;
}

/** Rows of the questions that were asked, answered or made void by what the next commit holds. Remembers the open ones. */
export function decisionRows(run: Run, pending: readonly Pending[]): readonly DecisionRow[] {
  const before = run.questions;
  const open = openQuestions(pending);
  if (before === undefined && open === undefined) return none;
  const rows: DecisionRow[] = [];
  const place = { partition: run.partition, run: run.id };
  for (const question of open?.values() ?? []) {
    const known = before?.get(question.id);
    if (known === undefined || hasChanged(known, question)) rows.push({ ...place, ...question, decided: null });
    else open?.set(question.id, known);
  }
  for (const question of before?.values() ?? []) {
    if (open?.has(question.id)) continue;
    rows.push({ ...place, ...question, decided: answerTo(question.id, run.events, run.state.at) });
  }
  run.questions = open;
  return rows;
}

/** What a step asks, as its row tells it. */
function askedRow({ terms, to, reminders, approvals, refusals, refused, escalateAt }: AskState): AskedRow {
  const { title, text, form, fourEyes, deadline, onDeadline } = terms;
  return {
    title,
    ...(text === undefined ? {} : { text }),
    ...(form === undefined ? {} : { form }),
    to,
    ...(fourEyes === undefined ? {} : { fourEyes }),
    ...(deadline === undefined ? {} : { deadline }),
    onDeadline,
    reminders,
    ...(terms.escalate !== undefined && escalateAt === undefined ? { escalated: true as const } : {}),
    approvals: [...approvals],
    refusals,
    ...(refused === undefined ? {} : { refused }),
  };
}

/** Whether something has become of a question since its row was written. Each of these only grows. */
function hasChanged({ ask: before }: Question, { ask: now }: Question): boolean {
  if (before === undefined || now === undefined) return false;
  return (
    before.reminders !== now.reminders ||
    before.approvals.length !== now.approvals.length ||
    before.refusals !== now.refusals ||
    before.escalated !== now.escalated
  );
}

function answerTo(id: string, events: readonly RunEvent[], at: number): NonNullable<DecisionRow['decided']> {
  for (const event of events) {
    if (event.type === 'decision.made' && event.id === id) {
      return { at: event.at, by: event.by, verdict: event.verdict, message: event.reason ?? '' };
    }
  }
  return {
    at,
    by: 'pawl',
    verdict: null,
    message: 'The run went on before this was decided, so that nothing is left to decide.',
  };
}

const none: readonly DecisionRow[] = [];
