import { setTimeout as sleep } from 'node:timers/promises';
import { tally, waitUntil } from '@pawl/testkit';
import { callApi, insist } from './api.ts';
import type { Findings, Scenario } from './scenario.ts';
import type { World } from './world.ts';

/** A run as a list shows it. */
interface ListedRun {
  readonly id: string;
  readonly status: string;
}

/** An event as a list shows it. */
interface ListedEvent {
  readonly id: string;
  readonly given: number;
  readonly taken: number;
}

const flows = '/api/v1/flows';
const settledMs = 120_000;
const tickMs = 1_000;
/** Requests before the server is given up: on a busy machine it is away for a minute. */
const patientTries = 1_500;
/** Listeners of each event: the run that gathers, and the schedule. */
const listeners = 2;

/**
 * Events that are sent twice each, while everything dies: one run takes them all by correlation and starts another run for
 * each, a schedule starts a run for each, which charges it at the ledger, and another schedule ticks each second.
 */
export function eventsScenario(events: number, pauseMs: number): Scenario {
  const sending = new Map<number, Promise<void>>();
  return {
    name: 'events',
    async start(world, round) {
      for (const body of documents(round, events, world.ledger.url)) await insist(world.url, flows, { body });
      const path = `${flows}/crash/gather-${round}/runs`;
      const key = `events-${round}`;
      const { body } = await insist(world.url, path, { body: JSON.stringify({ input: { order: key } }), key });
      const sent = sendAll(world, round, events, pauseMs);
      // Whoever verifies hears of a failure.
      sent.catch(() => undefined);
      sending.set(round, sent);
      return String(body['id']);
    },
    async verify(world, round) {
      await sending.get(round);
      return new Check(world, round, events).all();
    },
  };
}

function documents(round: number, events: number, ledger: string): string[] {
  const type = `crash.item.${round}`;
  const flow = (name: string, tasks: object[], more: object = {}, pawl: object = {}): string =>
    JSON.stringify({
      document: { dsl: '1.0.3', namespace: 'crash', name: `${name}-${round}`, version: '1.0.0', metadata: { pawl } },
      ...more,
      do: tasks,
    });
  const workflow = {
    ...{ namespace: 'crash', name: `part-${round}`, version: 'latest' },
    input: { n: '${ $item.n }' },
  };
  const gather = {
    listen: {
      to: {
        any: [{ with: { type }, correlate: { order: { from: '.data.order', expect: '${ $workflow.input.order }' } } }],
        until: `(. | length) >= ${events}`,
      },
    },
    foreach: { item: 'item', do: [{ part: { run: { workflow } } }] },
  };
  const charge = {
    metadata: { pawl: { key: '${ $workflow.input[0].id }', keyIn: { header: 'Idempotency-Key', retention: 'P1D' } } },
    call: 'http',
    with: {
      method: 'post',
      endpoint: `${ledger}/keyed/charges`,
      body: { id: '${ $workflow.input[0].id }', amount: 1 },
    },
  };
  return [
    flow('part', [{ answer: { set: '${ $workflow.input.n }' } }]),
    flow('gather', [{ gather }]),
    flow('charge', [{ charge }], { schedule: { on: { one: { with: { type } } } } }),
    flow(
      'tick',
      [{ tick: { set: { ticked: true } } }],
      { schedule: { cron: '* * * * * *' } },
      { schedule: { missed: 'all' } },
    ),
  ];
}

function itemId(round: number, n: number): string {
  return `item-${round}-${n}`;
}

/** Each event twice: the second one as if its first answer had been lost. */
async function sendAll({ url }: World, round: number, events: number, pauseMs: number): Promise<void> {
  for (let n = 1; n <= events; n += 1) {
    const id = itemId(round, n);
    const data = { id, n, order: `events-${round}` };
    const event = { specversion: '1.0', id, source: '/crash', type: `crash.item.${round}`, data };
    for (let times = 1; times <= 2; times += 1)
      await insist(url, '/api/v1/events', { body: JSON.stringify(event) }, patientTries);
    await sleep(pauseMs);
  }
}

/** What became of the events of a round. */
class Check {
  private readonly world: World;
  private readonly round: number;
  private readonly events: number;
  private readonly violations: string[] = [];

  constructor(world: World, round: number, events: number) {
    this.world = world;
    this.round = round;
    this.events = events;
  }

  async all(): Promise<Findings> {
    const { world, round, events, violations } = this;
    await insist(world.url, `/api/v1/schedules/crash/tick-${round}/pause`, { body: '{}' });
    const charged = await this.settled('charge', events);
    const ticks = await this.settled('tick', 1);
    const [gathered] = await this.runsOf(`flow=crash/gather-${round}`);
    const children = await this.runsOf(`parent=${gathered?.id ?? ''}`);
    const output = await this.output(gathered?.id ?? '');
    const wanted = Array.from({ length: events }, (_, n) => n + 1);
    this.expect('what was gathered', JSON.stringify(output), JSON.stringify(wanted));
    this.expect('runs that a run started', children.length, events);
    this.expect('runs of that flow', (await this.runsOf(`flow=crash/part-${round}`)).length, events);
    this.expect('runs that events started', charged.length, events);
    for (const run of [...children, ...charged, ...ticks]) {
      if (run.status !== 'completed') violations.push(`run ${run.id} has the status ${run.status}`);
    }
    await this.takenByAll();
    const missed = this.checkTicks(ticks);
    const counts = (await world.ledger.counts())['charges'] ?? {};
    const own = Object.fromEntries(Object.entries(counts).filter(([key]) => key.startsWith(`item-${round}-`)));
    const found = tally(
      own,
      wanted.map((n) => itemId(round, n)),
    );
    violations.push(
      ...found.duplicates.map((key) => `${key} was charged ${own[key]?.effects} times`),
      ...found.losses.map((key) => `${key} was not charged`),
    );
    return {
      expected: events,
      duplicates: found.duplicates.length + missed.duplicates,
      losses: found.losses.length + missed.losses,
      violations,
      counts: { children: children.length, ticks: ticks.length, charges: found.effects },
    };
  }

  /** The runs of a flow, once there are enough of them and all have ended. */
  private async settled(flow: string, least: number): Promise<readonly ListedRun[]> {
    let runs: readonly ListedRun[] = [];
    await waitUntil(
      `${least} runs of ${flow} have ended`,
      async () => {
        runs = await this.runsOf(`flow=crash/${flow}-${this.round}`).catch(() => []);
        const open = new Set(['pending', 'running', 'waiting']);
        return runs.length >= least && runs.every(({ status }) => !open.has(status));
      },
      settledMs,
    ).catch((error: unknown) => void this.violations.push(String(error)));
    return runs;
  }

  /** A tick that started a run is in its id: from the first to the last there is one for each second. */
  private checkTicks(runs: readonly ListedRun[]): { readonly duplicates: number; readonly losses: number } {
    const ticks = runs.map(({ id }) => Number.parseInt(id.replace('-', '').slice(0, 12), 16)).sort((a, b) => a - b);
    const distinct = [...new Set(ticks)];
    const duplicates = ticks.length - distinct.length;
    const span = (distinct.at(-1) ?? 0) - (distinct[0] ?? 0);
    const losses = span / tickMs + 1 - distinct.length;
    this.expect('ticks that started two runs', duplicates, 0);
    this.expect('ticks that started none', losses, 0);
    return { duplicates, losses };
  }

  private async takenByAll(): Promise<void> {
    const events = await this.list<ListedEvent>(`/api/v1/events?type=crash.item.${this.round}`);
    this.expect('events', events.length, this.events);
    for (const { id, given, taken } of events) {
      this.expect(`${id} was given to`, given, listeners);
      this.expect(`${id} was taken by`, taken, listeners);
    }
  }

  private async output(run: string): Promise<unknown> {
    return (await callApi(this.world.url, `/api/v1/runs/${run}`)).body['output'];
  }

  private runsOf(query: string): Promise<readonly ListedRun[]> {
    return this.list<ListedRun>(`/api/v1/runs?${query}`);
  }

  private async list<Item>(path: string): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await insist(this.world.url, `${path}&limit=1000${cursor}`, {});
      items.push(...(body['items'] as Item[]));
      if (typeof body['next'] !== 'string') return items;
      cursor = `&cursor=${encodeURIComponent(body['next'])}`;
    }
  }

  private expect(what: string, found: unknown, expected: unknown): void {
    if (found !== expected) this.violations.push(`${what}: ${String(found)}, not ${String(expected)}`);
  }
}
