import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CampaignResult, runCampaign } from './crash/campaign.ts';
import { chargeScenario } from './crash/charge-scenario.ts';
import { eventsScenario } from './crash/events-scenario.ts';
import { importScenario } from './crash/import-scenario.ts';
import { openWorld, victims, type World } from './crash/world.ts';

/*
 * A short slice of `npm run crash`, which is the whole: real processes and databases, killed with kill -9 while an import
 * and charges are under way. The moments differ from machine to machine, the order of the victims comes from the seed.
 */

const seed = 2026;
const rows = 6_000;
const orders = 60;
const pageSize = 10;
const events = 20;
const eventPauseMs = 150;
/** One kill for each kind of victim. */
const kills = victims.length;
const pauseMs = 700;
const patienceMs = 180_000;

let world: World;

beforeAll(async () => {
  world = await openWorld({ rows, seed });
}, patienceMs);

afterAll(async () => {
  await world?.close(false);
}, patienceMs);

describe('killed again and again', () => {
  it(
    'the import has every city once and reports once',
    async () => {
      const result = await runCampaign(world, importScenario(pageSize), { kills, seed, pauseMs });
      expect(result).toMatchObject({ violations: [], duplicates: 0, losses: 0, expected: result.rounds * rows });
      expect(neverKilled(result)).toEqual([]);
      expect(result.recoveries.length).toBeGreaterThan(0);
    },
    patienceMs,
  );

  it(
    'each order is charged once, although the target fails, hangs and breaks off as well',
    async () => {
      const result = await runCampaign(world, chargeScenario(orders), { kills, seed: seed + 1, pauseMs });
      expect(result).toMatchObject({ violations: [], duplicates: 0, losses: 0, expected: result.rounds * orders });
      expect(neverKilled(result)).toEqual([]);
    },
    patienceMs,
  );

  it(
    'each event is taken once by each who wants it, each tick starts one run, and each run of a run is started once',
    async () => {
      const result = await runCampaign(world, eventsScenario(events, eventPauseMs), { kills, seed: seed + 2, pauseMs });
      expect(result).toMatchObject({ violations: [], duplicates: 0, losses: 0, expected: result.rounds * events });
      expect(neverKilled(result)).toEqual([]);
    },
    patienceMs,
  );
});

function neverKilled({ kills: killed }: CampaignResult): string[] {
  return victims.filter((victim) => killed[victim] === 0);
}
