import type { ApiStore } from '@pawl/core';
import type { Database } from './database.ts';
import { acceptEvents, listEvents } from './events.ts';
import type { Names } from './names.ts';
import type { Waker } from './wake.ts';

/** Events as the API accepts and lists them. */
export function openEventApi(
  database: Database,
  names: Names,
  waker: Waker,
): Pick<ApiStore, 'acceptEvents' | 'events'> {
  return {
    async acceptEvents(events) {
      const accepted = await acceptEvents(database, names, events);
      const fresh = events.filter((_, i) => accepted[i]).map((event) => event.partition);
      if (fresh.length > 0) waker.wake(fresh);
      return accepted;
    },
    events: (options) => listEvents(database, options),
  };
}
