import type { Commit, EventRow, ReturnedEvent, SaidBy, SubscriptionRow } from '@pawl/core';
import { boolArray, int2Array, int4Array, int8Array, textArray, uuidArray } from './binary-arrays.ts';
import { commitStatement, encodeCommit, type Numbers } from './encode-commit.ts';
import { eventKey, stepKey } from './event-keys.ts';
import { messageKey } from './message-key.ts';

/** One statement of a commit, prepared once a connection under its name. */
export interface CommitCall {
  readonly name: string;
  readonly text: string;
  readonly values: Buffer[];
}

/** What a commit says to others is written by functions of its own, so that one that says nothing costs nothing more. */
interface Part {
  /** Tells the prepared statements apart. */
  readonly mark: string;
  readonly call: string;
  says(commit: Commit): boolean;
  encode(commit: Commit, numbers: Numbers): Buffer[];
}

/** Stands for nobody where an array of uuids has no null. */
const nobody = '00000000-0000-0000-0000-000000000000';

const parts: readonly Part[] = [
  {
    mark: 'd',
    call: 'pawl.describe_decisions',
    says: ({ decisions }) => decisions.some(({ ask }) => ask !== undefined),
    encode: ({ decisions }) => encodeAsked(decisions),
  },
  {
    mark: 'm',
    call: 'pawl.send_messages',
    says: ({ messages = [] }) => messages.length > 0,
    encode: encodeMessages,
  },
  {
    mark: 'e',
    call: 'pawl.add_events',
    says: ({ events = [] }) => events.length > 0,
    encode: ({ events = [] }, numbers) => encodeEvents(events, numbers),
  },
  {
    mark: 's',
    call: 'pawl.change_subscriptions',
    says: ({ subscribe = [], unsubscribe = [] }) => subscribe.length + unsubscribe.length > 0,
    encode: ({ subscribe = [], unsubscribe = [] }, numbers) => [
      int2Array(unsubscribe, (row) => row.partition),
      uuidArray(unsubscribe, (row) => row.listener),
      int8Array(unsubscribe, (row) => stepKey(row.step)),
      ...encodeSubscriptions(subscribe, numbers),
    ],
  },
  {
    mark: 'r',
    call: 'pawl.settle_events',
    says: ({ taken = [], returned = [] }) => taken.length + returned.length > 0,
    encode: ({ taken = [], returned = [] }) => [...encodeSettled(taken), ...encodeSettled(returned)],
  },
  {
    mark: 'c',
    call: 'pawl.change_schedules',
    says: ({ schedules = [] }) => schedules.length > 0,
    encode: ({ schedules = [] }, numbers) => [
      uuidArray(schedules, (row) => row.id),
      int2Array(schedules, (row) => row.partition),
      int4Array(schedules, (row) => numbers.flow(row.flow)),
      int8Array(schedules, (row) => row.at),
      textArray(schedules, (row) => row.state),
    ],
  },
];

/**
 * The call that writes a commit: `pawl.commit`, and what says more with its answer. Each part is a volatile function, so
 * its statements see what those before wrote. Throws a PoisonError for texts that have no stored form.
 */
export function commitCall(commit: Commit, numbers: Numbers): CommitCall {
  const values = encodeCommit(commit, numbers);
  const said = parts.filter((part) => part.says(commit));
  if (said.length === 0) return { ...commitStatement, values };
  const calls = said.map((part, i) => {
    const more = part.encode(commit, numbers);
    const parameters = more.map((value) => `$${values.push(value)}`);
    return `${part.call}(c.lost, ${parameters.join(', ')}) as said${i}`;
  });
  return {
    name: `${commitStatement.name}-${said.map((part) => part.mark).join('')}`,
    text: `with c as materialized (${commitStatement.text}) select c.lost, ${calls.join(', ')} from c`,
    values,
  };
}

function encodeAsked(decisions: Commit['decisions']): Buffer[] {
  const rows = decisions.filter(({ ask }) => ask !== undefined);
  return [
    int2Array(rows, (row) => row.partition),
    uuidArray(rows, (row) => row.run),
    textArray(rows, (row) => row.id),
    textArray(rows, (row) => JSON.stringify(row.ask)),
    textArray(rows, (row) => row.ask?.to.join('\n') ?? null),
  ];
}

function encodeMessages({ messages = [] }: Commit): Buffer[] {
  return [
    int2Array(messages, (row) => row.partition),
    uuidArray(messages, (row) => messageKey(row.id)),
    textArray(messages, (row) => row.id),
    uuidArray(messages, (row) => row.run),
    int8Array(messages, (row) => row.at),
    textArray(messages, (row) => JSON.stringify(row.message)),
    uuidArray(messages, (row) => row.from ?? nobody),
  ];
}

/** The parameters of `pawl.add_events`. */
export function encodeEvents(events: readonly (EventRow & SaidBy)[], numbers: Numbers): Buffer[] {
  return [
    int2Array(events, (row) => row.partition),
    uuidArray(events, eventKey),
    int4Array(events, (row) => numbers.workspace(row.workspace)),
    textArray(events, (row) => row.source),
    textArray(events, (row) => row.id),
    textArray(events, (row) => row.type),
    int8Array(events, (row) => row.at),
    textArray(events, (row) => JSON.stringify(row.attributes)),
    textArray(events, (row) => row.body),
    uuidArray(events, (row) => row.from ?? nobody),
  ];
}

/** Subscriptions that begin, as `pawl.change_subscriptions` and `pawl.set_schedule` take them. */
export function encodeSubscriptions(rows: readonly SubscriptionRow[], numbers: Numbers): Buffer[] {
  return [
    int2Array(rows, (row) => row.partition),
    int4Array(rows, (row) => numbers.workspace(row.workspace)),
    uuidArray(rows, (row) => row.listener),
    textArray(rows, (row) => row.step),
    int8Array(rows, (row) => stepKey(row.step)),
    int4Array(rows, (row) => row.filter),
    textArray(rows, (row) => JSON.stringify(row.match)),
    int8Array(rows, (row) => row.since),
    boolArray(rows, (row) => row.kept),
  ];
}

function encodeSettled(rows: readonly ReturnedEvent[]): Buffer[] {
  return [
    uuidArray(rows, (row) => row.event),
    uuidArray(rows, (row) => row.listener),
    int8Array(rows, (row) => stepKey(row.step)),
  ];
}
