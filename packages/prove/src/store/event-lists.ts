import type { ApiStore, EventView, JsonObject } from '@pawl/core';
import { PawlError } from '@pawl/core';
import type { EventRecord } from './event-tables.ts';
import { pageOf } from './list-page.ts';
import type { SimStore } from './sim-store.ts';
import { isStorable } from './storable.ts';

/** The events of a simulated store, as the API accepts and lists them. */
export function eventLists(store: SimStore): Pick<ApiStore, 'acceptEvents' | 'events'> {
  const { events: tables } = store.tables;
  return {
    acceptEvents: (events) =>
      store.serve(() => {
        for (const { attributes, source, id, type } of events) {
          const texts = [source, id, type, ...Object.entries(attributes).flat()];
          if (!texts.every(isStorable))
            throw new PawlError('PAWL_INPUT_INVALID', 'An attribute of the event contains what cannot be stored.');
        }
        const accepted = events.map((event) => tables.accept(event));
        for (const event of events) store.wake(event.partition);
        return accepted;
      }),
    events: ({ workspace, type, wanted, ...page }) =>
      store.serve(() => {
        const found = [...tables.events.values()]
          .reverse()
          .filter(({ row }) => row.workspace === workspace && (type === undefined || row.type === type))
          .filter(({ taken }) => wanted === undefined || wanted === taken)
          .sort((a, b) => b.row.at - a.row.at);
        const { items, next } = pageOf('events', found, ({ key }) => key, page);
        return { items: items.map((record) => viewOf(store, record)), next };
      }),
  };
}

function viewOf(store: SimStore, { key, row }: EventRecord): EventView {
  const { source, id, type, at } = row;
  const matches = [...store.tables.events.matches.values()].filter((match) => match.event === key);
  const taken = matches.filter((match) => match.taken).length;
  return { source, id, type, at, event: JSON.parse(row.body) as JsonObject, given: matches.length, taken };
}
