import type pg from 'pg';

/** Round trips of a measurement; the quickest of them is the most exact. */
const roundTrips = 5;

/** How far the database's clock is ahead of this machine's (whole ms), to about half the quickest round trip. */
export async function measureClockOffset(client: pg.Client): Promise<number> {
  let best = { roundTrip: Number.POSITIVE_INFINITY, offset: 0 };
  for (let i = 0; i < roundTrips; i += 1) {
    const [sentAt, sentMono] = [Date.now(), performance.now()];
    const { rows } = await client.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now');
    const roundTrip = performance.now() - sentMono;
    if (roundTrip < best.roundTrip) best = { roundTrip, offset: Number(rows[0]?.now) - (sentAt + roundTrip / 2) };
  }
  return Math.round(best.offset);
}
