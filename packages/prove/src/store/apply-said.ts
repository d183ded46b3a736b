import type { Commit, InboxMessage } from '@pawl/core';
import { PoisonError } from '@pawl/core';
import { isStorable } from './storable.ts';
import type { Tables } from './tables.ts';

/** Throws for what a commit says to others that the database would refuse. */
export function refuseSaid(tables: Tables, commit: Commit): void {
  const texts = [
    ...(commit.messages ?? []).map((row) => row.id),
    ...(commit.events ?? []).flatMap(({ attributes, body }) => [body, ...Object.entries(attributes).flat()]),
    ...(commit.subscribe ?? []).flatMap(({ match, step }) => [step, ...Object.entries(match).flat()]),
  ];
  if (!texts.every(isStorable))
    throw new PoisonError('22021', 'a text has a character that cannot be stored', undefined);
  for (const { id, flow } of commit.schedules ?? []) {
    if (tables.events.schedules.get(id)?.flow !== flow)
      throw new PoisonError('23514', 'another version of the flow is in force, or none', undefined);
  }
}

/** Writes what a commit says to others; `out` are the runs whose start lost. */
export function applySaid(tables: Tables, commit: Commit, out: ReadonlySet<string>): void {
  for (const { from = '', ...row } of commit.messages ?? []) {
    if (out.has(from) || tables.inbox.has(row.id)) continue;
    // A start that is sent again once its run has begun.
    if (row.id === row.run && tables.runs.has(row.run)) continue;
    tables.inbox.set(row.id, { ...row, message: JSON.parse(JSON.stringify(row.message)) as InboxMessage });
  }
  tables.events.apply(commit, out);
}

/** The partitions in which a commit leaves something to do. */
export function toldPartitions({ messages = [], events = [], subscribe = [] }: Partial<Commit>): ReadonlySet<number> {
  return new Set([...messages, ...events, ...subscribe].map((row) => row.partition));
}
