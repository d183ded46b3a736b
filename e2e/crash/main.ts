import { parseArgs } from 'node:util';
import { type CampaignResult, runCampaign } from './campaign.ts';
import { chargeScenario } from './charge-scenario.ts';
import { eventsScenario } from './events-scenario.ts';
import { importScenario } from './import-scenario.ts';
import { reportOf } from './report.ts';
import type { Scenario } from './scenario.ts';
import { openWorld } from './world.ts';

/*
 * npm run crash: real processes and databases, killed with kill -9 at random moments until their work is done; then the
 * ledgers are asked what became of it. Exit code 1 when anything was lost, done twice, or left undone.
 */
const usage =
  'npm run crash -- [--kills 20] [--seed N] [--scenario import|charge|events|all] [--orders 1000] [--events 200] [--rows N] [--page 20] [--json]';
const usageExit = 2;
/** Pause between two events that are sent (ms). */
const eventPauseMs = 200;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    scenario: { type: 'string', default: 'all' },
    orders: { type: 'string', default: '1000' },
    events: { type: 'string', default: '200' },
    rows: { type: 'string' },
    page: { type: 'string', default: '20' },
    pause: { type: 'string', default: '2500' },
    json: { type: 'boolean', default: false },
  },
});
const given = [values.kills, values.seed, values.orders, values.page, values.pause, values.events].map(Number);
const [kills = 0, seed = 0, orders = 0, page = 0, pauseMs = 0, events = 0] = given;
const rows = values.rows === undefined ? undefined : Number(values.rows);
const scenarios: Record<string, readonly Scenario[]> = {
  import: [importScenario(page)],
  charge: [chargeScenario(orders)],
  events: [eventsScenario(events, eventPauseMs)],
  all: [importScenario(page), chargeScenario(orders), eventsScenario(events, eventPauseMs)],
};
const chosen = Object.hasOwn(scenarios, values.scenario) ? scenarios[values.scenario] : undefined;
if (chosen === undefined || [...given, rows ?? 1].some((n) => !Number.isInteger(n) || n < 1)) {
  process.stderr.write(`${usage}\n`);
  process.exit(usageExit);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const begun = performance.now();
const world = await openWorld({ rows, seed });
say(`seed ${seed}; everything is in ${world.folder}`);
const results: CampaignResult[] = [];
for (const [n, scenario] of chosen.entries()) {
  say(`${scenario.name}: until it has ended and ${kills} kills have happened`);
  const onKill = (victim: string, count: number): void => say(`  kill ${count}: ${victim}`);
  results.push(await runCampaign(world, scenario, { kills, seed: seed + n, pauseMs, onKill }));
}
const failed = results.some(({ violations }) => violations.length > 0);
await world.close(failed);
const seconds = Math.round((performance.now() - begun) / 1_000);
process.stdout.write(`${values.json ? JSON.stringify({ seed, seconds, results }) : reportOf(results, seconds)}\n`);
if (failed) say(`The logs and data are kept in ${world.folder}; run it again with --seed ${seed}.`);
process.exitCode = failed ? 1 : 0;
