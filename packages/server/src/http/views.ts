import type { Static } from 'typebox';
import type { AskedRow, EventView, FlowVersion, Json, JsonObject, RunSummary } from '@pawl/core';
import type { PublicSchedule } from '../engine/control-schedules.ts';
import type { Question } from '../engine/questions.ts';
import type { OpenWork, PublicRun } from '../engine/read-run.ts';
import type * as schemas from './schemas.ts';

/** A run in a list. */
export function runItemView(run: RunSummary): Static<typeof schemas.runItem> {
  const { id, flow, status, waitingFor, startedAt, endedAt, key } = run;
  return {
    id,
    flow: { ...flow },
    status,
    waitingFor,
    startedAt: isoTime(startedAt),
    endedAt: endedAt === null ? null : isoTime(endedAt),
    key,
  };
}

/** A run by itself. */
export function runView(run: PublicRun): Static<typeof schemas.run> {
  const { parent, input, output, error, seq, open, quarantined } = run;
  return { ...runItemView(run), parent, input, output, error, seq, open: open.map(openView), quarantined };
}

/** A flow version in a list. */
export function flowItemView({
  namespace,
  name,
  version,
  hash,
  createdAt,
}: FlowVersion): Static<typeof schemas.flowItem> {
  return { namespace, name, version, hash, createdAt: isoTime(createdAt) };
}

/** A flow version by itself. */
export function flowView(flow: FlowVersion): Static<typeof schemas.flowVersion> {
  return { ...flowItemView(flow), document: JSON.parse(flow.document) as Json, source: flow.source };
}

/** A question to a person. */
export function decisionView({
  id,
  run,
  flow,
  step,
  name,
  action,
  target,
  askedAt,
  reason,
  ask,
  decided,
}: Question): Static<typeof schemas.decision> {
  return {
    id,
    run,
    flow: { ...flow },
    step,
    name,
    action,
    target,
    askedAt: isoTime(askedAt),
    reason,
    ask: ask === undefined ? null : askedView(ask),
    decided:
      decided === null
        ? null
        : { at: isoTime(decided.at), by: decided.by, verdict: decided.verdict, reason: decided.message },
  };
}

function askedView({ deadline, approvals, ...ask }: AskedRow): NonNullable<Static<typeof schemas.decision>['ask']> {
  return {
    title: ask.title,
    text: ask.text ?? '',
    form: ask.form ?? null,
    to: [...ask.to],
    fourEyes: ask.fourEyes === true,
    deadline: deadline === undefined ? null : isoTime(deadline),
    onDeadline: ask.onDeadline,
    reminders: ask.reminders,
    escalated: ask.escalated === true,
    approvals: approvals.map(({ by, at, data }) => ({ by, at: isoTime(at), data })),
  };
}

/** A schedule in force. */
export function scheduleView({ next, ...schedule }: PublicSchedule): Static<typeof schemas.schedule> {
  return { ...schedule, next: next === null ? null : isoTime(next) };
}

/** An accepted event. */
export function eventView({ at, ...event }: EventView): Static<typeof schemas.eventItem> {
  return { ...event, at: isoTime(at) };
}

function openView({ until, ...work }: OpenWork): JsonObject {
  return { ...(work as unknown as JsonObject), ...(until === undefined ? {} : { until: isoTime(until) }) };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
