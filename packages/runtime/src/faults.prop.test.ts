import type { ActionRequest, Cancellation, Json, JsonObject, Outcome } from '@pawl/core';
import { apply, decodeRow, emptyState, flowError, stateToJson, UnknownCommitError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { hash, task, TestWorld, unreachable } from './test-world.fixture.ts';

const seeds = 25;
const runsPerSeed = 30;

/** Random numbers of a seed. */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  }

  below(n: number): number {
    this.state = (this.state * 16_807) % 2_147_483_647;
    return this.state % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** The outside world: counts what was applied by key. */
class Ledger {
  readonly applied = new Map<string, { count: number; n: Json; guarantee: string }>();

  apply({ key, args, guarantee }: ActionRequest): void {
    const known = this.applied.get(key);
    if (known === undefined) this.applied.set(key, { count: 1, n: args['n'] ?? null, guarantee });
    // A keyed or transactional target takes a key once, whatever arrives.
    else if (guarantee === 'once' || guarantee === 'idempotent') known.count += 1;
  }
}

/** Workers, runs and faults of one seed. */
class Storm {
  readonly world = new TestWorld();
  readonly ledger = new Ledger();
  readonly dice: Dice;
  readonly fired = new Set<string>();
  /** Faults are on. */
  raging = true;
  private workers: string[] = [];
  private readonly answered = new Set<string>();

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.world.actions.run = (request, cancellation, onLeft) => this.act(request, cancellation, onLeft);
    this.world.database.onCommit = async (_commit, write) => {
      if (this.raging && this.dice.chance(4)) return this.failCommit(write);
      return write();
    };
  }

  async addWorker(): Promise<void> {
    const id = `w${this.workers.length + 1}`;
    this.workers.push(id);
    await this.world.started(id);
  }

  /** One step of time, with what may go wrong in it. */
  async step(): Promise<void> {
    const { world, dice } = this;
    if (this.raging && dice.chance(12)) {
      this.fired.add('kill');
      world.stores.get(this.workers.at(-1) ?? '')?.kill();
      await this.addWorker();
    }
    if (this.raging && dice.chance(10)) {
      this.fired.add('lock');
      world.stores.get(this.workers.at(-1) ?? '')?.breakLock();
    }
    if (this.raging && dice.chance(10)) await this.addWorker();
    await world.clock.pass(200 + dice.below(2_000));
    this.decide();
  }

  /** Answers open questions by what the ledger says: "no" only once nothing of the attempt can arrive any more. */
  private decide(): void {
    const { world } = this;
    for (const row of world.database.decisions.values()) {
      if (row.decided !== null || world.clock.now() < row.askedAt + 45_000 || this.answered.has(row.id)) continue;
      const attempt = world.events(row.run).findLast((event) => 'intent' in event && event.intent !== undefined);
      const started = world
        .events(row.run)
        .filter((event) => 'intent' in event && 'f' in event && String(event.f) === row.id.split('.')[1]);
      const intent = (started.at(-1) ?? attempt) as { intent?: { key: string } };
      const known = this.ledger.applied.get(intent.intent?.key ?? '');
      this.answered.add(row.id);
      this.fired.add('question');
      world.send(row.run, {
        kind: 'decision',
        decision: row.id,
        verdict: known === undefined ? { applied: false } : { applied: true, output: known.n },
        by: 'ledger',
      });
    }
  }

  private async failCommit<T>(write: () => T): Promise<T> {
    const how = this.dice.pick(['landed', 'not landed', 'unreachable'] as const);
    this.fired.add(how);
    if (how === 'landed') write();
    if (how === 'unreachable') throw unreachable();
    throw new UnknownCommitError(new Error('reset'));
  }

  private act(request: ActionRequest, cancellation: Cancellation, onLeft: () => void): Promise<Outcome> {
    const { clock } = this.world;
    const { dice } = this;
    return new Promise((resolve) => {
      clock.after(dice.below(300), () => {
        if (cancellation.cancelled) return resolve({ kind: 'cancelled' });
        if (this.raging && dice.chance(5))
          return resolve({ kind: 'retryable', left: false, error: flowError('communication', 'refused') });
        onLeft();
        if (cancellation.cancelled) return resolve({ kind: 'cancelled' });
        const lost = this.raging && dice.chance(8);
        if (!lost || dice.chance(50)) this.ledger.apply(request);
        clock.after(dice.below(1_500), () => {
          if (lost) this.fired.add('lost answer');
          if (lost) resolve({ kind: 'ambiguous', error: flowError('communication', 'reset') });
          else resolve({ kind: 'completed', output: request.args['n'] ?? null });
        });
      });
    });
  }

  /** A flow of random tasks; answers it with the numbers that its effects must apply. */
  flow(): { hash: string; effects: number[] } {
    const effects: number[] = [];
    const list = (depth: number, length: number): JsonObject[] =>
      Array.from({ length }, (_, i) => this.task(`t${i}`, depth, effects));
    const tasks = list(0, 1 + this.dice.below(5));
    return { hash: this.world.deploy(tasks), effects };
  }

  private task(name: string, depth: number, effects: number[]): JsonObject {
    const { dice } = this;
    const kind = dice.below(depth > 1 ? 6 : 9);
    if (kind < 4) {
      const n = effects.length;
      effects.push(n);
      return task.act(name, {
        n,
        guarantee: dice.pick(['once', 'once', 'idempotent', 'keyed', 'transactional']),
        target: `t${dice.below(3)}`,
      });
    }
    if (kind === 4) return task.set(name, { n: dice.below(10) });
    if (kind === 5) return task.wait(name, dice.pick(['PT1S', 'PT3S', 'PT2M']));
    const inner = Array.from({ length: 1 + dice.below(2) }, (_, i) => this.task(`i${i}`, depth + 1, effects));
    if (kind === 6) return { [name]: { do: inner } };
    return { [name]: { try: inner, catch: { do: [task.set('c', { caught: true })] } } };
  }
}

async function play(seed: number): Promise<Storm> {
  const storm = new Storm(seed);
  const { world } = storm;
  await storm.addWorker();
  const runs = new Map<string, number[]>();
  for (let n = 0; n < runsPerSeed; n += 1) {
    const flow = storm.flow();
    const run = world.id(storm.dice.below(256));
    runs.set(run, flow.effects);
    world.send(run, { kind: 'start', workspace: 'default', flow: flow.hash, input: {}, key: null });
    if (storm.dice.chance(60)) await storm.step();
  }
  for (let n = 0; n < 30; n += 1) await storm.step();
  storm.raging = false;
  const ended = (run: string): boolean => ['completed', 'faulted', 'cancelled'].includes(world.status(run) ?? '');
  for (let n = 0; n < 400 && ![...runs.keys()].every(ended); n += 1) await storm.step();
  for (const [run, effects] of runs) check(storm, run, effects, seed);
  return storm;
}

function check(storm: Storm, run: string, effects: readonly number[], seed: number): void {
  const { world, ledger } = storm;
  const where = `seed ${seed}, run ${run}`;
  const stored = world.database.runOf(run);
  expect(stored.quarantined, where).toBeUndefined();
  expect(world.status(run), where).toBe('completed');
  const state = emptyState(run);
  for (const row of stored.journal)
    for (const event of decodeRow(row, hash, (sha) => stored.payloads.get(sha))) apply(state, event);
  const keys = new Set(
    world.events(run).flatMap((event) => ('intent' in event && event.intent !== undefined ? [event.intent.key] : [])),
  );
  const applied = [...keys].map((key) => ledger.applied.get(key));
  expect(new Set(applied.map((entry) => entry?.n)), where).toEqual(new Set(effects));
  expect(applied, where).toHaveLength(effects.length);
  for (const entry of applied) if (entry?.guarantee === 'once') expect(entry.count, where).toBe(1);
  if (stored.snapshot !== null) {
    const copy = emptyState(run);
    for (const row of stored.journal) {
      if (row.to > stored.snapshot.seq) break;
      for (const event of decodeRow(row, hash, (sha) => stored.payloads.get(sha))) apply(copy, event);
    }
    expect(JSON.stringify(stateToJson(copy)), where).toBe(stored.snapshot.body);
  }
}

describe('under random faults', () => {
  it(`each run of ${seeds} seeds ends, and each effect is applied as its guarantee says`, {
    timeout: 120_000,
  }, async () => {
    const fired = new Set<string>();
    for (let seed = 1; seed <= seeds; seed += 1) for (const kind of (await play(seed)).fired) fired.add(kind);
    expect([...fired].sort()).toEqual([
      'kill',
      'landed',
      'lock',
      'lost answer',
      'not landed',
      'question',
      'unreachable',
    ]);
  });
});
