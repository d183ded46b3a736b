import type { Json, JsonObject } from '../json.ts';
import type { Play, Played } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

/** A CloudEvent of tests. */
export function cloudEvent(type: string, data?: Json, more: JsonObject = {}): JsonObject {
  return { specversion: '1.0', id: 'i', source: '/test', type, ...(data === undefined ? {} : { data }), ...more };
}

/** Brings events to a step one after another, each once the step has begun to listen. */
export function feed(step: string, events: readonly JsonObject[]): NonNullable<Play['interfere']> {
  let next = 0;
  return (run: Played): Stimulus | undefined => {
    const event = events[next];
    if (event === undefined || ![...run.state.frames.values()].some((frame) => frame.step === step)) return undefined;
    next += 1;
    return { kind: 'event', at: run.now, step, key: { partition: 1, event: String(next) }, event };
  };
}

/** The numbers of the events that a run took, and of those that it gave back. */
export function taken(run: Played): { readonly taken: readonly string[]; readonly returned: readonly string[] } {
  return {
    taken: run.events.flatMap((event) => (event.type === 'event.taken' ? [event.key.event] : [])),
    returned: run.events.flatMap((event) =>
      event.type === 'event.returned' ? event.keys.map((key) => key.event) : [],
    ),
  };
}
