import type { Json, JsonObject } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import { randomCall } from './random-call.ts';
import { randomChild, randomEmit, randomListen, randomPair } from './random-events.ts';

/** Where a list of tasks stands. */
export interface ListPlace {
  readonly depth: number;
  /** Loop variables that are bound here, without `$`. */
  readonly items: readonly string[];
  /** Inside a `try` with `retry`. */
  readonly retried: boolean;
  /** Inside what a listen does with each event. */
  readonly events?: true;
}

/** What a flow has more or less of. */
export interface FlowTaste {
  /** How often a `set` makes a value that is too large for the journal. */
  readonly large: number;
  /** How often a wait is so long that its run leaves memory. */
  readonly longWaits: number;
  /** How much of it is about events and other flows; 0: nothing. */
  readonly talk: number;
  /** Names of flows that it may run. */
  readonly children: readonly string[];
  /** Natural keys, which tell runs apart by their input: not where two runs may have the same. */
  readonly naturalKeys: boolean;
  /** Flows are as large as they get, so that much may happen to a run. */
  readonly longRuns?: boolean;
  /** All effects are of the kind that happens once at most. */
  readonly onlyOnce?: boolean;
}

type Talk = 'emit' | 'listen' | 'pair' | 'run';
type Kind = Talk | 'call' | 'set' | 'switch' | 'do' | 'for' | 'batch' | 'fork' | 'try' | 'raise' | 'wait';

const deepest = 3;
const weights: Readonly<Record<Exclude<Kind, Talk>, number>> = {
  call: 46,
  set: 10,
  switch: 6,
  do: 6,
  for: 8,
  batch: 4,
  fork: 6,
  try: 12,
  raise: 2,
  wait: 6,
};
const simple: Readonly<Record<'call' | 'set' | 'raise' | 'wait', number>> = { call: 60, set: 15, raise: 2, wait: 4 };

const talks: Readonly<Record<Talk, number>> = { emit: 3, listen: 3, pair: 3, run: 4 };

/** A value that is too large for the journal: it is stored apart. */
export const largeValue: JsonObject = { large: '${ "x" * 66000 }' };

/** Writes lists of tasks until a number of tasks is used up. */
export class FlowWriter {
  /** Tasks that may still be written. */
  left: number;
  private readonly prng: Prng;
  private readonly taste: FlowTaste;
  private named = 0;

  constructor(prng: Prng, size: number, taste: FlowTaste) {
    this.prng = prng;
    this.left = size;
    this.taste = taste;
  }

  /** A list of one to `most` tasks. */
  list(place: ListPlace, most: number): JsonObject[] {
    const count = 1 + this.prng.int(Math.max(1, Math.min(most, this.left)));
    const names = Array.from({ length: count }, () => `t${(this.named += 1)}`);
    this.left -= count;
    return names.map((name, i) => ({ [name]: this.task(name, place, names.slice(i + 1)) }));
  }

  /** A task; `later` are the tasks that it may jump to. */
  private task(name: string, place: ListPlace, later: readonly string[]): JsonObject {
    const { prng } = this;
    const kind = this.kind(place);
    const task: Record<string, Json> = { ...this.body(kind, name, place, later) };
    if (prng.chance(0.08)) task['if'] = `$workflow.input.n > ${prng.int(8)}`;
    if (prng.chance(0.06) && kind !== 'switch') task['then'] = this.directive(later);
    if (prng.chance(0.06)) task['output'] = { as: '{out: ., by: $task.name}' };
    if (prng.chance(0.06)) task['export'] = { as: '{count: (($context.count? // 0) + 1)}' };
    if (prng.chance(0.05)) task['input'] = { from: '{n: $workflow.input.n}' };
    if (prng.chance(kind === 'call' ? 0.08 : 0.04) && kind !== 'wait' && kind !== 'listen')
      task['timeout'] = { after: { milliseconds: 300 + prng.int(4_000) } };
    return task;
  }

  private kind(place: ListPlace): Kind {
    const { prng, taste } = this;
    if (taste.talk > 0 && prng.chance(taste.talk)) {
      const kind = prng.weighted(talks);
      // An event is not published again by a retry, so nobody may wait for it without an end.
      const fits = kind === 'run' ? taste.children.length > 0 : kind !== 'pair' || !place.retried;
      if (fits && (kind === 'emit' || place.depth < deepest)) return kind;
    }
    return place.depth >= deepest ? prng.weighted(simple) : prng.weighted(weights);
  }

  private body(kind: Kind, name: string, place: ListPlace, later: readonly string[]): JsonObject {
    const { prng } = this;
    switch (kind) {
      case 'call':
        return randomCall(prng, name, place, { named: this.mayBeNamed(place), onlyOnce: this.taste.onlyOnce === true });
      case 'emit':
        return randomEmit(prng, name);
      case 'listen':
        return randomListen(prng, this.patience(), `at${place.items.length}`, (at) =>
          this.inner({ ...place, items: [...place.items, at], events: true }),
        );
      case 'pair':
        return randomPair(prng, name, place);
      case 'run':
        return randomChild(prng, name, place, prng.pick(this.taste.children));
      case 'set':
        return { set: this.value() };
      case 'switch':
        return { switch: this.cases(later) };
      case 'do':
        return { do: this.inner(place) };
      case 'for':
        return this.loop(name, place, { in: `\${ [range(${prng.int(4)})] }` });
      case 'batch':
        return {
          ...this.loop(name, place, { in: `\${ {dataset: {rows: ${prng.int(7)}}} }` }),
          metadata: { pawl: { batch: { size: 1 + prng.int(3), page: true } } },
        };
      case 'fork':
        return { fork: { compete: prng.chance(0.4), branches: this.branches(place) } };
      case 'try':
        return this.attempt(place);
      case 'raise':
        return {
          raise: { error: { type: 'https://example.com/errors/raised', status: 400 + prng.int(100), title: 'Raised' } },
        };
      case 'wait':
        return { wait: { milliseconds: this.delay() } };
    }
  }

  /** Whether an effect may have a natural key: a retry must meet it with the same request, which events may change. */
  private mayBeNamed(place: ListPlace): boolean {
    const { naturalKeys, talk } = this.taste;
    return naturalKeys && place.events === undefined && (talk === 0 || !place.retried);
  }

  private patience(): number {
    return this.prng.chance(this.taste.longWaits) ? 65_000 : 200 + this.prng.int(4_000);
  }

  private value(): JsonObject {
    if (this.prng.chance(this.taste.large)) return largeValue;
    return this.prng.chance(0.5) ? { n: '${ $workflow.input.n + 1 }', was: '${ type }' } : { n: this.prng.int(9) };
  }

  private delay(): number {
    return this.prng.chance(this.taste.longWaits) ? 61_000 + this.prng.int(5_000) : 1 + this.prng.int(1_500);
  }

  private loop(name: string, place: ListPlace, over: JsonObject): JsonObject {
    const each = `item${place.items.length}`;
    const inner = { ...place, items: [...place.items, each] };
    const list = this.inner(inner);
    return {
      for: { each, ...over },
      // A batch goes over its whole dataset.
      ...(!String(over['in']).includes('dataset') && this.prng.chance(0.2)
        ? { while: `$${each} != null and "${name}" != ""` }
        : {}),
      do: list,
    };
  }

  private attempt(place: ListPlace): JsonObject {
    const { prng } = this;
    const retry = prng.chance(0.5);
    const list = this.inner({ ...place, retried: place.retried || retry });
    const policy: Record<string, Json> = {};
    if (prng.chance(0.2)) policy['errors'] = { with: { status: prng.pick([422, 429, 500]) } };
    if (prng.chance(0.1))
      policy['errors'] = { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous' } };
    if (retry) policy['retry'] = this.retry();
    if (prng.chance(0.5)) policy['do'] = this.inner(place);
    return { try: list, catch: policy };
  }

  private retry(): JsonObject {
    const { prng } = this;
    const limit = {
      count: 1 + prng.int(3),
      ...(prng.chance(0.2) ? { duration: { milliseconds: 500 + prng.int(3_000) } } : {}),
    };
    return {
      ...(prng.chance(0.7) ? { delay: { milliseconds: 1 + prng.int(400) } } : {}),
      ...(prng.chance(0.3) ? { backoff: { exponential: {} } } : {}),
      limit: { attempt: limit },
    };
  }

  private cases(later: readonly string[]): JsonObject[] {
    const { prng } = this;
    const cases: JsonObject[] = [
      { first: { when: `$workflow.input.n % 3 == ${prng.int(3)}`, then: this.directive(later) } },
    ];
    if (prng.chance(0.5)) cases.push({ otherwise: { then: this.directive(later) } });
    return cases;
  }

  private directive(later: readonly string[]): string {
    const choice = this.prng.next();
    if (later.length > 0 && choice < 0.7) return this.prng.pick(later);
    if (choice > 0.97) return 'end';
    return choice > 0.9 ? 'exit' : 'continue';
  }

  /** Tasks none of which can go to another. */
  private branches(place: ListPlace): JsonObject[] {
    const count = 1 + this.prng.int(3);
    this.left -= count;
    return Array.from({ length: count }, () => {
      const name = `t${(this.named += 1)}`;
      return { [name]: this.task(name, { ...place, depth: place.depth + 1 }, []) };
    });
  }

  private inner(place: ListPlace): JsonObject[] {
    return this.list({ ...place, depth: place.depth + 1 }, 3);
  }
}
