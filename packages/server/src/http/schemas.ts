import { type TSchema, Type } from 'typebox';

/** Longest page of a list. */
const longestPage = 1_000;
const defaultPage = 50;
const longestReason = 2_000;

const statuses = ['pending', 'running', 'waiting', 'suspended', 'cancelled', 'faulted', 'completed'] as const;
const namePattern = '^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$';

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const object = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const time = Type.String({ format: 'date-time' });
/** Any JSON value. */
export const anyJson = Type.Unknown({ description: 'Any JSON value.' });

/** Query members of every list. */
const paging = {
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: '`next` of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: longestPage, default: defaultPage })),
};

/** Number of items of a page. */
export function pageSize(query: { readonly limit?: number }): number {
  return query.limit ?? defaultPage;
}

/** Why somebody does something. */
export const reason = Type.Optional(Type.String({ maxLength: longestReason, description: 'Why; it is recorded.' }));

/** A page of a list. */
export const listOf = <T extends TSchema>(item: T) =>
  object({ items: Type.Array(item), next: nullable(Type.String()) });

export const problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable code; see docs/reference/errors.md.' }),
    hint: Type.String({ description: 'What to do next.' }),
  },
  { additionalProperties: true, description: 'RFC 9457 problem document.' },
);

export const flowParams = object({
  namespace: Type.String({ pattern: namePattern }),
  name: Type.String({ pattern: namePattern }),
});
export const flowVersionParams = object({
  namespace: Type.String({ pattern: namePattern }),
  name: Type.String({ pattern: namePattern }),
  version: Type.String({ pattern: namePattern }),
});
export const runParams = object({ id: Type.String({ maxLength: 100 }) });
export const decisionParams = object({ id: Type.String({ pattern: '^[0-9A-Za-z.-]{1,200}$' }) });

export const listQuery = object(paging);
export const runsQuery = object({
  ...paging,
  status: Type.Optional(Type.Enum([...statuses])),
  flow: Type.Optional(Type.String({ pattern: '^[^\\u0000]{1,511}$', description: '`namespace/name`.' })),
  parent: Type.Optional(
    Type.String({ maxLength: 100, description: 'Runs that this run has started, in order; without other filters.' }),
  ),
});
export const decisionsQuery = object({
  ...paging,
  open: Type.Optional(Type.Boolean({ default: true })),
  assignee: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Only what is asked of this group, or of `user:NAME`.' }),
  ),
});
export const eventsQuery = object({
  ...paging,
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: 'Only events of this type.' })),
  wanted: Type.Optional(
    Type.Boolean({ description: '`true`: only events that somebody took; `false`: only those that nobody took.' }),
  ),
});
export const journalQuery = object({
  cursor: Type.Optional(
    Type.String({ pattern: '^\\d{1,15}$', description: '`next` of the page before: an event’s number.' }),
  ),
  limit: paging.limit,
});
export const stateQuery = object({
  at: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of an event. Default: the last one.' })),
});
export const streamQuery = object({
  after: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Events after this one. The Last-Event-ID header goes before it.' }),
  ),
});

export const startBody = object({
  input: Type.Optional(anyJson),
  version: Type.Optional(Type.String({ pattern: namePattern, description: 'Default: the newest version.' })),
});
export const reasonBody = nullable(object({ reason }));
/** Of routes whose body is something else. */
export const reasonQuery = object({ reason });
export const decisionBody = Type.Union([
  object({ applied: Type.Literal(true), output: Type.Optional(anyJson), reason }),
  object({ applied: Type.Literal(false), reason }),
  object({ fail: Type.Literal(true), reason }),
  object({
    decision: Type.Enum(['approved', 'rejected']),
    data: Type.Optional(Type.Unknown({ description: 'What was filled in, as the form asks for.' })),
    reason,
  }),
]);

const flowName = { namespace: Type.String(), name: Type.String(), version: Type.String(), hash: Type.String() };
export const flowItem = object({ ...flowName, createdAt: time });
export const flowVersion = object({ ...flowName, createdAt: time, document: anyJson, source: Type.String() });
export const deployment = object({ ...flowName, problems: Type.Array(anyJson) });
export const runItem = object({
  id: Type.String({ format: 'uuid' }),
  flow: object(flowName),
  status: Type.Enum([...statuses]),
  waitingFor: nullable(Type.Enum(['timer', 'event', 'approval', 'child', 'target', 'capacity', 'decision'])),
  startedAt: time,
  endedAt: nullable(time),
  key: nullable(Type.String()),
});
export const run = Type.Object(
  {
    ...runItem.properties,
    parent: nullable(Type.String({ description: 'The run that waits for its end.' })),
    input: anyJson,
    output: anyJson,
    error: anyJson,
    seq: Type.Integer(),
    open: Type.Array(anyJson),
    quarantined: Type.Boolean(),
  },
  { additionalProperties: false },
);
export const event = Type.Object(
  { seq: Type.Integer(), at: time, type: Type.String() },
  { additionalProperties: true, description: 'A journal event.' },
);
/** What a step asks a person. */
const asked = object({
  title: Type.String(),
  text: Type.String(),
  form: Type.Unknown({ description: 'JSON Schema of what is filled in; null: nothing is.' }),
  to: Type.Array(Type.String(), { description: 'Who is asked by now; none: whoever may decide.' }),
  fourEyes: Type.Boolean({ description: 'Two different people must approve.' }),
  deadline: nullable(time),
  onDeadline: Type.Unknown({ description: '`fail`, `reject`, or `{value}`: approved with it.' }),
  reminders: Type.Integer({ description: 'How often those who are asked were reminded.' }),
  escalated: Type.Boolean({ description: 'Others are asked too.' }),
  approvals: Type.Array(object({ by: Type.String(), at: time, data: anyJson })),
});
export const decision = object({
  id: Type.String(),
  run: Type.String(),
  flow: object(flowName),
  step: Type.String({ description: 'JSON pointer of the step in the document.' }),
  name: Type.String({ description: 'Name of the step.' }),
  action: nullable(Type.String({ description: 'What was sent; null once the question is answered.' })),
  target: nullable(Type.String({ description: 'Where it was sent; null once the question is answered.' })),
  askedAt: time,
  reason: Type.String(),
  ask: nullable(asked),
  decided: nullable(object({ at: time, by: Type.String(), verdict: anyJson, reason: Type.String() })),
});
export const started = object({ id: Type.String({ format: 'uuid' }) });
export const resumed = object({ id: Type.String({ format: 'uuid' }) });
export const verdict = object({
  id: Type.String(),
  verdict: Type.Enum(['taken', 'recorded', 'pending'], {
    description: '`recorded`: the first of two approvals; another person must approve too.',
  }),
});
const eventName = { source: Type.String(), id: Type.String() };
export const acceptedEvents = object({
  accepted: Type.Integer({ description: 'Events that are new.' }),
  known: Type.Integer({ description: 'Events whose source and id were known: nothing was changed.' }),
  events: Type.Array(object({ ...eventName, new: Type.Boolean() })),
});
export const eventItem = object({
  ...eventName,
  type: Type.String(),
  at: time,
  event: anyJson,
  given: Type.Integer({ description: 'Runs and schedules that the event was given to.' }),
  taken: Type.Integer({ description: 'Those that took it.' }),
});
export const schedule = object({
  namespace: Type.String(),
  name: Type.String(),
  version: nullable(Type.String()),
  hash: Type.String(),
  schedule: Type.Unknown({ description: 'What the flow says: `every`, `cron`, `after` or `on`.' }),
  next: nullable(
    Type.String({ format: 'date-time', description: 'When it starts a run next, where a clock says so.' }),
  ),
  paused: Type.Boolean(),
  run: nullable(Type.String({ description: 'The run whose end it waits for (`after`).' })),
});
