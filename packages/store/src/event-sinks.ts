import type { ApiStore, OutgoingEvent } from '@pawl/core';
import type { Database } from './database.ts';
import { assertStorable } from './storable.ts';

/** Events on their way out; see `ApiStore.eventsToSend`. */
export function openSinkApi(database: Database): Pick<ApiStore, 'eventsToSend' | 'eventsSent'> {
  return {
    async eventsToSend({ name, holder, at, until }, limit) {
      assertStorable(name + holder, 'The name of the sink');
      const held = await database.query(
        `insert into pawl.event_sink as s (name, holder, until) values ($1, $2, $3)
           on conflict (name) do update set holder = excluded.holder, until = excluded.until
             where s.holder = excluded.holder or s.until <= $4
           returning name`,
        [name, holder, until, at],
      );
      if (held.length === 0) return undefined;
      return database.query<OutgoingEvent>(
        `select e.key as event, e.type, e.at, e.body from (
           select o.n, o.event from pawl.event_out o where o.sink = $1 order by o.n limit $2) o
           join pawl.event e on e.key = o.event order by o.n`,
        [name, limit],
      );
    },
    async eventsSent(sink, events) {
      await database.query(
        `delete from pawl.event_out o using pawl.event e
           where e.key = any ($2::uuid[]) and o.sink = $1 and o.n = e.n`,
        [sink, events],
      );
    },
  };
}
