import type { Hash, RunState } from '@pawl/core';
import { eventRow, LifecycleView } from '@pawl/core';
import type { Run } from './run-table.ts';
import type { Said } from './said.ts';
import { silence } from './said.ts';

type Publishes = ((type: string) => boolean) | undefined;

/** Who tells a run's life; undefined where nothing of it is published. `from`: the state that is committed already. */
export function lifeOf({ id: run, flow }: Run, publishes: Publishes, from?: RunState): LifecycleView | undefined {
  const { namespace, name, version } = flow;
  // A run whose flow cannot be had has no name to tell.
  if (publishes === undefined || namespace === undefined) return undefined;
  return new LifecycleView({ run, namespace, name, version }, from);
}

/** What a commit says, with the lifecycle events that are published of what it holds. */
export function withLife(run: Run, said: Said | null, hash: Hash, publishes: Publishes): Said | null {
  const { life, workspace } = run;
  if (life === undefined || publishes === undefined) return said;
  const from = run.start === null ? {} : { from: run.id };
  const rows = run.events.flatMap((event) =>
    life
      .push(event)
      .filter(({ type }) => publishes(String(type)))
      .map((told) => ({ ...eventRow(told, event.at, { workspace, hash }), ...from })),
  );
  if (rows.length === 0) return said;
  const { events, ...rest } = said ?? silence;
  return { ...rest, events: [...events, ...rows] };
}
