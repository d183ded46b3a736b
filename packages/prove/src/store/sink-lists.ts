import type { ApiStore, OutgoingEvent } from '@pawl/core';
import type { SimStore } from './sim-store.ts';

/** Events on their way out of a simulated store. */
export function sinkLists(store: SimStore): Pick<ApiStore, 'eventsToSend' | 'eventsSent'> {
  const { events: tables } = store.tables;
  return {
    eventsToSend: ({ name, holder, at, until }, limit) =>
      store.serve(() => {
        const sink = tables.sinks.get(name) ?? { holder, until, out: new Set<string>() };
        if (sink.holder !== holder && sink.until > at) return undefined;
        tables.sinks.set(name, sink);
        sink.holder = holder;
        sink.until = until;
        const found: OutgoingEvent[] = [];
        for (const { key, row } of tables.events.values())
          if (sink.out.has(key)) found.push({ event: key, type: row.type, at: row.at, body: row.body });
        return found.slice(0, limit);
      }),
    eventsSent: (name, events) =>
      store.serve(() => {
        for (const event of events) tables.sinks.get(name)?.out.delete(event);
      }),
  };
}
