import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type {
  ActionDescription,
  ActionRequest,
  Actions,
  Cancellation,
  Clock,
  FaultPoint,
  FlowVersion,
  Guarantee,
  InboxMessage,
  Json,
  JsonObject,
  Outcome,
  Page,
  Ports,
  RunEvent,
  StartKey,
  Wire,
} from '@pawl/core';
import { canonicalJson, decodeRow, eventRow, noFaults, PawlError } from '@pawl/core';
import { MemoryDatabase } from './memory-store.fixture.ts';
import type { MemoryWorkerStore } from './memory-store.fixture.ts';
import type { Worker, WorkerOptions } from './worker.ts';
import { createWorker } from './worker.ts';

/** The time at which every test begins. */
export const epoch = 1_790_000_000_000;

export const hash = {
  sha256: (text: string): string => createHash('sha256').update(text).digest('hex'),
  crc32: (text: string): number => crc32(text),
};

/** A clock that stands still until it is told to go on. */
export class TestClock implements Clock {
  private ms = 0;
  /** How far the wall clock has been set forward (ms). */
  wallOffset = 0;
  private timers: { at: number; order: number; callback: () => void }[] = [];
  private queue: (() => void)[] = [];
  private made = 0;

  now(): number {
    return epoch + this.wallOffset + this.ms;
  }

  mono(): number {
    return this.ms;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.ms + Math.max(0, ms), order: (this.made += 1), callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  soon(callback: () => void): void {
    this.queue.push(callback);
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const callbacks = this.queue;
      if (callbacks.length === 0) return;
      this.queue = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Lets time pass until the condition holds; fails where it does not within the time. */
  async until(condition: () => boolean, withinMs = 600_000): Promise<void> {
    const end = this.ms + withinMs;
    await this.settle();
    while (!condition()) {
      const next = this.next();
      if (next === undefined || next.at > end) throw new Error(`the condition did not hold within ${withinMs} ms`);
      this.fire(next);
      await this.settle();
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.ms + ms;
    await this.settle();
    for (let next = this.next(); next !== undefined && next.at <= end; next = this.next()) {
      this.fire(next);
      await this.settle();
    }
    this.ms = end;
  }

  private next(): { at: number; callback: () => void } | undefined {
    this.timers.sort((a, b) => a.at - b.at || a.order - b.order);
    return this.timers[0];
  }

  private fire(timer: { at: number; callback: () => void }): void {
    this.ms = Math.max(this.ms, timer.at);
    this.timers.splice(this.timers.indexOf(timer as never), 1);
    timer.callback();
  }
}

/** A call that an action got, and how the test ends it. */
export interface Call {
  readonly request: ActionRequest;
  readonly cancellation: Cancellation;
  left(): void;
  end(outcome: Outcome): void;
}

/** Actions whose calls the test sees: `act` answers at once, `ask` when the test says so. */
class TestActions implements Actions {
  readonly calls: Call[] = [];
  readonly open: Call[] = [];
  pages: (cursor: Json, size: number) => Promise<Page> = async () => ({ rows: [], next: null, last: true });
  /** Answers calls of `act`; whatever it gives. */
  answer: (request: ActionRequest) => Outcome = ({ args }) => ({ kind: 'completed', output: args['n'] ?? null });

  describe(name: string): ActionDescription | undefined {
    if (!['act', 'slow', 'asyncapi'].includes(name)) return undefined;
    return {
      name,
      version: '1.0.0',
      summary: 'For tests',
      input: {},
      output: {},
      guarantee: (args) => (args['guarantee'] as Guarantee | undefined) ?? 'once',
      declarable: [],
      target: (args) => String(args['target'] ?? 'target'),
      concurrency: 2,
      timeoutMs: 30_000,
    };
  }

  names(): readonly string[] {
    return ['act', 'slow'];
  }

  run(request: ActionRequest, cancellation: Cancellation, onLeft: () => void): Promise<Outcome> {
    return new Promise((resolve) => {
      const call: Call = {
        request,
        cancellation,
        left: onLeft,
        end: (outcome) => {
          const index = this.open.indexOf(call);
          if (index >= 0) this.open.splice(index, 1);
          resolve(outcome);
        },
      };
      this.calls.push(call);
      this.open.push(call);
      if (request.action !== 'act') return;
      onLeft();
      call.end(this.answer(request));
    });
  }

  readPage(_dataset: Json, cursor: Json, size: number): Promise<Page> {
    return this.pages(cursor, size);
  }

  /** How often effects with this key arrived. */
  arrivals(key: string): number {
    return this.calls.filter((call) => call.request.key === key).length;
  }
}

/** One database, one clock, and the workers that a test makes. */
export class TestWorld {
  readonly clock = new TestClock();
  readonly database = new MemoryDatabase();
  readonly actions = new TestActions();
  readonly logged: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  readonly visited = new Set<FaultPoint>();
  readonly stores = new Map<string, MemoryWorkerStore>();
  /** What wire files tell; undefined: there are none. */
  wire: { readonly sent: string[]; readonly dead: Set<string> } | undefined;
  private made = 0;
  private random = 1;

  /** A worker that has not started. */
  worker(id: string, options: Partial<WorkerOptions> = {}): Worker {
    const shares = options.shares ?? options.only === undefined;
    const store = this.database.join(id, shares);
    this.stores.set(id, store);
    const { wire } = this;
    const ports = wire === undefined ? this.ports(store) : { ...this.ports(store), wire: testWire(id, wire) };
    return createWorker({ ports, ...options });
  }

  /** A worker that owns everything that is free. */
  async started(id: string, options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = this.worker(id, options);
    const start = worker.start();
    await this.clock.settle();
    await start;
    await this.clock.settle();
    return worker;
  }

  ports(store: MemoryWorkerStore): Ports {
    const log =
      (level: string) =>
      (fields: Readonly<Record<string, unknown>>, message: string): void => {
        this.logged.push({ level, message, fields });
      };
    return {
      store,
      actions: this.actions,
      clock: this.clock,
      random: { next: () => this.nextRandom(), hex: (bytes) => '0'.repeat(2 * bytes) },
      hash,
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      fault: (point) => {
        this.visited.add(point);
        this.fault(point);
      },
    };
  }

  /** What happens at fault points. */
  fault: (point: FaultPoint) => void = noFaults;

  /** Publishes a flow of these tasks; answers its hash. */
  deploy(tasks: readonly JsonObject[], pawl?: JsonObject): string {
    const head: JsonObject = {
      dsl: '1.0.0',
      namespace: 'test',
      name: 'flow',
      version: '1.0.0',
      ...(pawl === undefined ? {} : { metadata: { pawl } }),
    };
    const document = JSON.stringify({ document: head, do: tasks });
    const id = hash.sha256(document);
    this.database.flows.set(id, {
      hash: id,
      namespace: 'test',
      name: 'flow',
      version: '1.0.0',
      document,
      source: '',
      createdAt: epoch,
    });
    return id;
  }

  /** Publishes a flow under its name, for runs and schedules that name it. */
  publish(name: string, tasks: readonly JsonObject[], more: JsonObject = {}): FlowVersion {
    const document = JSON.stringify({
      document: { dsl: '1.0.0', namespace: 'test', name, version: '1.0.0' },
      do: tasks,
      ...more,
    });
    const version = {
      hash: hash.sha256(document),
      namespace: 'test',
      name,
      version: '1.0.0',
      document,
      source: '',
      createdAt: epoch,
    };
    this.database.flows.set(version.hash, version);
    this.database.events.named.push({ workspace: 'default', version });
    return version;
  }

  /** Accepts an event, as the API does. */
  accept(event: JsonObject & { readonly type: string }): void {
    const whole = { specversion: '1.0', source: '/test', id: `e${(this.made += 1)}`, ...event };
    this.database.events.accept(eventRow(whole, this.clock.now(), { workspace: 'default', hash }));
  }

  /** A new run id in a partition. */
  id(partition = 7): string {
    this.made += 1;
    const number = this.made.toString(16).padStart(12, '0');
    return `019a0000-0000-7000-8000-${number.slice(2)}${partition.toString(16).padStart(2, '0')}`;
  }

  /** Puts a message into the inbox, as the API does. */
  send(run: string, message: InboxMessage): string {
    this.made += 1;
    const id = `m${this.made}`;
    this.database.inbox.push({ partition: Number.parseInt(run.slice(-2), 16), id, run, at: this.clock.now(), message });
    return id;
  }

  /** All events of a run, in order, with the numbers of its rows checked. */
  events(run: string): RunEvent[] {
    const stored = this.database.runOf(run);
    let seq = 0;
    return stored.journal.flatMap((row) => {
      if (row.from !== seq + 1) throw new Error(`run ${run} has a gap before event ${row.from}`);
      seq = row.to;
      return decodeRow(row, hash, (sha) => stored.payloads.get(sha));
    });
  }

  types(run: string): string[] {
    return this.events(run).map((event) => event.type);
  }

  status(run: string): string | undefined {
    return this.database.runs.get(run)?.head.status;
  }

  private nextRandom(): number {
    this.random = (this.random * 16_807) % 2_147_483_647;
    return this.random / 2_147_483_647;
  }
}

/** A start key as the API makes it. */
export function startKey(key: string, input: Json): StartKey {
  return { key, keyHash: hash.sha256(key), fingerprint: hash.sha256(canonicalJson(input)) };
}

/** An error of a store that cannot be reached. */
export function unreachable(): PawlError {
  return new PawlError('PAWL_STORE_UNREACHABLE', 'The database cannot be reached.');
}

function testWire(worker: string, wire: { readonly sent: string[]; readonly dead: Set<string> }): Wire {
  return {
    leaving: (attempt) => void wire.sent.push(`${worker} ${attempt}`),
    fate: (other, attempt) =>
      Promise.resolve(
        !wire.dead.has(other) ? 'unknown' : wire.sent.includes(`${other} ${attempt}`) ? 'sent' : 'neverLeft',
      ),
  };
}

/** Common tasks of test flows. */
export const task = {
  act: (name: string, args: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
    [name]: { call: 'act', with: args, ...more },
  }),
  slow: (name: string, args: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
    [name]: { call: 'slow', with: args, ...more },
  }),
  wait: (name: string, duration: string): JsonObject => ({ [name]: { wait: duration } }),
  set: (name: string, value: JsonObject): JsonObject => ({ [name]: { set: value } }),
};

/** Starts a run and waits until its start is committed. */
export async function begin(
  world: TestWorld,
  worker: Worker,
  flow: string,
  more: { run?: string; input?: Json } = {},
): Promise<string> {
  const run = more.run ?? world.id();
  const answer = worker.startRun({ run, workspace: 'default', flow, input: more.input ?? {} });
  await world.clock.settle();
  await answer;
  return run;
}
