import type { Hash, ReturnedEvent } from '@pawl/core';
import { messagesOf } from '@pawl/core';
import type { Run } from './run-table.ts';
import type { Said } from './said.ts';
import { silence } from './said.ts';

/** What a run's uncommitted events and its consumed messages say to others; null: nothing, as nearly always. */
export function outwardOf(run: Run, hash: Hash): Said | null {
  const outgoing = messagesOf(run.state, run.events, { workspace: run.workspace, hash });
  const given = run.returned;
  run.returned = undefined;
  if (outgoing === undefined && given === undefined) return null;
  const { messages = [], events = [], taken = [], returned = [] } = outgoing ?? {};
  // A start that loses to an earlier run with its key says nothing.
  const by = run.start === null ? undefined : { from: run.id };
  const back = new Map([...(given ?? []), ...returned].map((one) => [nameOf(one), one]));
  const kept = new Map(taken.filter((one) => !back.has(nameOf(one))).map((one) => [nameOf(one), one]));
  return {
    ...silence,
    messages: by === undefined ? messages : messages.map((row) => ({ ...row, ...by })),
    events: by === undefined ? events : events.map((row) => ({ ...row, ...by })),
    // What comes back was not taken, whatever else the same commit says.
    taken: [...kept.values()],
    returned: [...back.values()],
  };
}

function nameOf({ partition, event, step }: ReturnedEvent): string {
  return `${partition} ${event} ${step}`;
}
