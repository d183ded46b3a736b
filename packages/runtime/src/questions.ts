import type { DecisionRow, Pending, RunEvent } from '@pawl/core';
import type { Question, Run } from './run-table.ts';

/** The questions that are open in what a run waits for. */
export function openQuestions(pending: readonly Pending[]): Map<string, Question> | undefined {
  let open: Map<string, Question> | undefined;
  for (const one of pending) {
    if (one.kind !== 'decision') continue;
    open ??= new Map();
    open.set(one.id, { id: one.id, step: one.step, askedAt: one.askedAt, reason: one.reason });
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
    if (known === undefined) rows.push({ ...place, ...question, decided: null });
    else open?.set(question.id, known);
  }
  for (const question of before?.values() ?? []) {
    if (open?.has(question.id)) continue;
    rows.push({ ...place, ...question, decided: answerTo(question.id, run.events, run.state.at) });
  }
  run.questions = open;
  return rows;
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
