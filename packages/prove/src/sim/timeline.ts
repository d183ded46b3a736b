import type { Prng } from './prng.ts';

/** Whose code an event runs: a process that may be stopped for a while, or dead. */
export interface Owner {
  readonly name: string;
  /** `dead`: nothing of it runs any more. `paused`: what is due for it waits. */
  life: 'running' | 'paused' | 'dead';
  /** What came due while it was paused, in order. */
  readonly backlog: (() => void)[];
}

/** The owner of what happens outside of every worker. It always runs. */
export const outside: Owner = { name: 'outside', life: 'running', backlog: [] };

interface Due {
  readonly at: number;
  /** Random order of what is due at the same time. */
  readonly tie: number;
  readonly owner: Owner;
  run: (() => void) | undefined;
}

/**
 * Microtask turns between two events: enough for every chain of promises that an event sets off. A longer chain would
 * only go on after the next event, in the same order each time.
 */
const turns = 16;
const nothing = Promise.resolve();

/** Virtual time: what is due happens one after another, in an order that the seed decides. */
export class Timeline {
  /** Virtual time (ms since the start of the simulation). */
  time = 0;
  /** Events that happened. */
  count = 0;
  private readonly heap: Due[] = [];
  private readonly soonQueue: { readonly owner: Owner; readonly run: () => void }[] = [];
  private soonHead = 0;
  private readonly prng: Prng;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  /** Calls back once after `ms`; the returned function takes it back. */
  after(ms: number, owner: Owner, run: () => void): () => void {
    const due: Due = { at: this.time + Math.max(0, ms), tie: this.prng.next32(), owner, run };
    this.push(due);
    return () => {
      due.run = undefined;
    };
  }

  /** Calls back after what is already queued, at the same time. */
  soon(owner: Owner, run: () => void): void {
    this.soonQueue.push({ owner, run });
  }

  /** A paused owner goes on: all that came due meanwhile happens now. */
  resume(owner: Owner): void {
    if (owner.life !== 'paused') return;
    owner.life = 'running';
    for (const run of owner.backlog.splice(0)) this.soon(owner, run);
  }

  /**
   * Lets time pass until `done` holds, `until` (ms) is reached, or nothing is due any more. True: `done` holds.
   */
  async run(done: () => boolean, until: number): Promise<boolean> {
    for (;;) {
      // What is settled already runs before anything new happens.
      for (let turn = 0; turn < turns; turn += 1) await nothing;
      if (done()) return true;
      if (!this.step(until)) return false;
    }
  }

  /** Makes the next thing happen that is due by `until`. */
  step(until: number): boolean {
    const soon = this.soonQueue[this.soonHead];
    if (soon !== undefined) {
      this.soonHead += 1;
      if (this.soonHead === this.soonQueue.length) {
        this.soonQueue.length = 0;
        this.soonHead = 0;
      }
      this.happen(soon.owner, soon.run);
      return true;
    }
    for (;;) {
      const next = this.heap[0];
      if (next === undefined || next.at > until) {
        if (this.time < until && until < Number.POSITIVE_INFINITY) this.time = until;
        return false;
      }
      this.pop();
      const { run } = next;
      if (run === undefined) continue;
      this.time = next.at;
      this.happen(next.owner, run);
      return true;
    }
  }

  private happen(owner: Owner, run: () => void): void {
    this.count += 1;
    if (owner.life === 'running') run();
    else if (owner.life === 'paused') owner.backlog.push(run);
  }

  private push(due: Due): void {
    const { heap } = this;
    let slot = heap.length;
    heap.push(due);
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = heap[above] as Due;
      if (!isBefore(due, parent)) break;
      heap[slot] = parent;
      slot = above;
    }
    heap[slot] = due;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let slot = 0;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Due, heap[below] as Due)) below += 1;
      const child = heap[below] as Due;
      if (!isBefore(child, last)) break;
      heap[slot] = child;
      slot = below;
    }
    heap[slot] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.tie < b.tie);
}
