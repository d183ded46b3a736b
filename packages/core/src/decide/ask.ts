import { invariant } from '../errors.ts';
import { parseDuration, addDuration as add, durationMs } from '../flow/duration.ts';
import type { Duration } from '../flow/duration.ts';
import { askAction } from '../flow/ask.ts';
import { flowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import { canonicalJson, isObject } from '../json.ts';
import { evaluateTemplate } from '../program/expression.ts';
import { fault, FlowFault, shown } from '../program/fault.ts';
import type { AskBody, TaskCommon } from '../program/nodes.ts';
import type { SchemaCheck } from '../program/schemas.ts';
import { checkSchema } from '../program/schemas.ts';
import { compileSchema } from '../schema/index.ts';
import type { Answer, AskTerms } from '../state/events.ts';
import type { AskState, Frame } from '../state/state.ts';
import { checkAnswer, compileForm } from '../flow/answer.ts';
import { useTried } from './call.ts';
import type { Machine } from './machine.ts';
import { placeOf } from './place.ts';
import type { Scope } from './scope.ts';
import type { Stimulus } from './types.ts';

type Decided = Extract<Stimulus, { kind: 'decision' }>;

/** Who decides where a deadline does. */
const nobody = 'pawl';

/** Asks a person. What is asked is fixed here; within a `try` with `retry`, what was answered before is not asked again. */
export function startAsk(m: Machine, frame: Frame, node: TaskCommon & AskBody, scope: Scope): void {
  try {
    const args = m.keep(evaluateTemplate(node.args, scope.input, scope), 'What is asked');
    const terms = termsOf(args, m.at);
    const hash = m.env.hash.sha256(canonicalJson(args));
    const { met, remembered } = placeOf(m, frame, node, hash);
    if (met !== undefined) return useTried(m, frame, met);
    m.emit({
      type: 'decision.asked',
      at: m.at,
      f: frame.id,
      id: `${m.state.id}.${frame.id}.${m.state.seq}`,
      reason: terms.title,
      ask: terms,
      hash,
      ...remembered,
    });
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
  }
}

/** Somebody has answered: the first answer that the question takes decides it. */
export function askAnswered(m: Machine, frame: Frame, ask: AskState, { id, verdict, by, reason }: Decided): void {
  const why = reason === undefined ? {} : { reason };
  const told = { at: m.at, f: frame.id, id, by };
  if (!('decision' in verdict))
    return m.emit({ type: 'decision.refused', ...told, reason: 'This question is approved or rejected.' });
  const check = checkAnswer(ask, verdict, by);
  if (!check.ok) return m.emit({ type: 'decision.refused', ...told, reason: check.message });
  const { data } = check;
  if (ask.terms.fourEyes && verdict.decision === 'approved' && ask.approvals.length === 0)
    return m.emit({ type: 'decision.approved', ...told, data, ...why });
  close(m, frame, ask, { answer: { decision: verdict.decision, data }, by, ...why });
}

/** A time of a question has come. */
export function askDue(m: Machine, frame: Frame, timer: 'answer' | 'remind' | 'escalate'): void {
  const { ask } = frame;
  if (ask === undefined || !ask.open) return;
  const { terms, id } = ask;
  if (timer === 'answer' && isDue(m, terms.deadline)) return deadlinePassed(m, frame, ask);
  if (timer === 'escalate' && isDue(m, ask.escalateAt)) {
    const to = ask.to.length === 0 ? [] : [...new Set([...ask.to, ...(terms.escalate?.to ?? [])])];
    m.emit({ type: 'decision.escalated', at: m.at, f: frame.id, id, to });
  }
  if (timer === 'remind' && isDue(m, ask.remindAt)) {
    const n = ask.reminders + 1;
    // Reminders that were missed are made up for by one.
    const next = n >= m.env.limits.reminders ? {} : { nextAt: m.at + (terms.remind ?? 0) };
    m.emit({ type: 'decision.reminded', at: m.at, f: frame.id, id, n, ...next });
  }
}

/** The times that a question waits for. */
export function askTimes(
  ask: AskState,
): readonly { readonly timer: 'answer' | 'remind' | 'escalate'; readonly at: number }[] {
  const { terms, remindAt, escalateAt } = ask;
  return [
    ...(terms.deadline === undefined ? [] : [{ timer: 'answer' as const, at: terms.deadline }]),
    ...(escalateAt === undefined ? [] : [{ timer: 'escalate' as const, at: escalateAt }]),
    ...(remindAt === undefined ? [] : [{ timer: 'remind' as const, at: remindAt }]),
  ];
}

function deadlinePassed(m: Machine, frame: Frame, ask: AskState): void {
  const { onDeadline } = ask.terms;
  const how = { by: nobody, reason: 'Nobody decided before the deadline.' };
  if (onDeadline === 'reject') return close(m, frame, ask, { answer: { decision: 'rejected', data: null }, ...how });
  if (onDeadline !== 'fail')
    return close(m, frame, ask, { answer: { decision: 'approved', data: onDeadline.value }, ...how });
  m.emit({ type: 'decision.made', at: m.at, f: frame.id, id: ask.id, verdict: { fail: true }, ...how });
  m.raise(frame, flowError('timeout', 'Nobody decided before the deadline of the question.'));
}

/** Ends the question, and its step with it. */
function close(
  m: Machine,
  frame: Frame,
  ask: AskState,
  { answer, by, reason }: { readonly answer: Answer; readonly by: string; readonly reason?: string },
): void {
  const why = reason === undefined ? {} : { reason };
  m.emit({ type: 'decision.made', at: m.at, f: frame.id, id: ask.id, verdict: answer, by, ...why });
  const at = new Date(m.at).toISOString();
  const both = [...ask.approvals.map((one) => ({ by: one.by, at: new Date(one.at).toISOString() })), { by, at }];
  m.complete(frame, {
    decision: answer.decision,
    data: answer.data ?? null,
    by,
    at,
    ...why,
    ...(ask.terms.fourEyes && answer.decision === 'approved' ? { approvals: both } : {}),
  });
}

/** What a step asks, from its arguments. Throws a `validation` error. */
function termsOf(args: Json, now: number): AskTerms {
  checkSchema(argumentsCheck(), args, 'What is asked');
  const given = args as JsonObject;
  const { title, text, form, to, fourEyes, deadline, remind, escalate, onDeadline = 'fail' } = given;
  const terms: AskTerms = {
    title: String(title),
    ...(text === undefined ? {} : { text: String(text) }),
    ...(isObject(form) ? { form } : {}),
    to: namesOf(to),
    ...(fourEyes === true ? { fourEyes: true as const } : {}),
    ...(deadline === undefined ? {} : { deadline: add(now, durationOf(deadline, 'deadline')) }),
    ...(remind === undefined ? {} : { remind: intervalOf(remind) }),
    ...(isObject(escalate)
      ? { escalate: { at: add(now, durationOf(escalate['after'], 'escalate.after')), to: namesOf(escalate['to']) } }
      : {}),
    onDeadline: isObject(onDeadline)
      ? { value: onDeadline['value'] ?? null }
      : onDeadline === 'reject'
        ? 'reject'
        : 'fail',
  };
  checkForm(terms);
  return terms;
}

function checkForm({ form, onDeadline }: AskTerms): void {
  if (form !== undefined) {
    const compiled = compileForm(form);
    if (typeof compiled === 'string') throw fault('validation', `The form is no valid JSON Schema: ${compiled}`);
  }
  if (typeof onDeadline === 'string') return;
  const asked = { terms: form === undefined ? {} : { form }, approvals: [] };
  const check = checkAnswer(asked, { decision: 'approved', data: onDeadline.value }, nobody);
  if (!check.ok) throw fault('validation', `The value of onDeadline cannot be taken. ${check.message}`);
}

function durationOf(value: Json | undefined, name: string): Duration {
  const parsed = parseDuration(value ?? null);
  if (parsed === undefined)
    throw fault(
      'validation',
      `\`${name}\` must be a duration such as PT8H or {hours: 8}, but is ${shown(value ?? null)}.`,
    );
  return parsed;
}

function intervalOf(value: Json): number {
  const ms = durationMs(durationOf(value, 'remind'));
  if (ms >= shortestReminder) return ms;
  throw fault('validation', `\`remind\` must be at least a second, but is ${shown(value)}.`);
}

function namesOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.map(String))] : [];
}

function isDue(m: Machine, time: number | undefined): boolean {
  return time !== undefined && time <= m.at;
}

/** Shortest time between two reminders (ms). */
const shortestReminder = 1_000;

let compiledArguments: SchemaCheck | undefined;

function argumentsCheck(): SchemaCheck {
  if (compiledArguments === undefined) {
    const compiled = compileSchema(askAction.input);
    invariant(compiled.ok, 'the schema of ask is valid');
    compiledArguments = compiled.value;
  }
  return compiledArguments;
}
