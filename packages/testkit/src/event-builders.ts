import type { EventRow, Lease, SubscriptionRow, WorkerStore } from '@pawl/core';
import { eventPartition } from '@pawl/core';
import { own, sha256, testEpoch } from './store-builders.ts';

/** An event of a type, by default from a source of its own; its CloudEvent carries `data`. */
export function eventOf(
  type: string,
  id: string,
  more: {
    readonly at?: number;
    readonly workspace?: string;
    readonly source?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly data?: unknown;
  } = {},
): EventRow {
  const { at = testEpoch + 10, workspace = 'default', source = `/${type}`, data = null } = more;
  const attributes = { specversion: '1.0', id, source, type, ...more.attributes };
  return {
    partition: eventPartition(workspace, type, { sha256 }),
    workspace,
    source,
    id,
    type,
    at,
    attributes,
    body: JSON.stringify({ ...attributes, data }),
  };
}

/** What a step listens for: events of a type from `since` on, and kept ones. */
export function subscriptionOf(
  type: string,
  listener: string,
  more: Partial<Pick<SubscriptionRow, 'workspace' | 'step' | 'filter' | 'since' | 'kept'>> & {
    readonly match?: Readonly<Record<string, string>>;
  } = {},
): SubscriptionRow {
  const { workspace = 'default', step = '/do/0/hear', filter = 0, since = testEpoch, kept = true } = more;
  const partition = eventPartition(workspace, type, { sha256 });
  return { partition, workspace, listener, step, filter, match: { type, ...more.match }, since, kept };
}

/** Takes over the partition of a type and gives out what is new there, until nothing is left. */
export async function matchAll(
  worker: WorkerStore,
  type: string,
  { workspace = 'default', limit = 100 }: { readonly workspace?: string; readonly limit?: number } = {},
): Promise<number> {
  const lease: Lease = await own(worker, eventPartition(workspace, type, { sha256 }));
  let delivered = 0;
  for (let rounds = 0; rounds < 1_000; rounds += 1) {
    const answer = await worker.matchEvents([lease], limit);
    delivered += answer.delivered;
    if (answer.more !== true) return delivered;
  }
  throw new Error('the matching of events does not come to its end');
}
