import type { Hash, Listening, Pending, SubscriptionKey } from '@pawl/core';
import { eventPartition, listeners, partitionCount } from '@pawl/core';
import type { Run } from './run-table.ts';
import type { Said } from './said.ts';

/** What a run wants of events; undefined: nothing. */
export function wishesOf({ state, flow }: Run, list: readonly Pending[]): readonly Listening[] | undefined {
  return list.some((one) => one.kind === 'event') ? listeners(state, flow) : undefined;
}

/**
 * The change of a run's subscriptions: what it wants now against what is stored. Another visit of a step is subscribed
 * anew, so that events which were given back before are matched again; to one and the same visit they never come twice.
 */
export function subscriptionChange(
  run: Run,
  wanted: readonly Listening[],
  hash: Hash,
): Pick<Said, 'subscribe' | 'unsubscribe'> {
  const { workspace, id: listener, storedWishes: before = [] } = run;
  const changed = new Set<string>();
  for (const { step } of [...before, ...wanted]) {
    if (textOf(before, step) !== textOf(wanted, step)) changed.add(step);
  }
  const gone = new Map<string, SubscriptionKey>();
  for (const { step, match } of before) {
    if (!changed.has(step)) continue;
    for (const partition of placesOf(workspace, match, hash))
      gone.set(`${partition} ${step}`, { partition, listener, step });
  }
  const subscribe = wanted
    .filter(({ step }) => changed.has(step))
    .flatMap(({ step, filter, match, since }) =>
      placesOf(workspace, match, hash).map((partition) => ({
        ...{ partition, workspace, listener, step, filter, match, since },
        kept: true,
      })),
    );
  return { unsubscribe: [...gone.values()], subscribe };
}

/** Partitions of the events that a filter may meet: that of its literal type, or all. */
export function placesOf(workspace: string, match: Listening['match'], hash: Hash): readonly number[] {
  const { type } = match;
  return type === undefined ? everywhere : [eventPartition(workspace, type, hash)];
}

const everywhere = Array.from({ length: partitionCount }, (_, partition) => partition);

function textOf(wishes: readonly Listening[], step: string): string {
  return JSON.stringify(wishes.filter((wish) => wish.step === step));
}
