/** Something that waits for a permit. */
export interface Waiter {
  readonly target: string;
  readonly concurrency: number;
  /** It waits no longer. Written by `Limiter`. */
  gone: boolean;
  /** Called once, with the permit in hand. */
  granted(): void;
}

interface Target {
  out: number;
  concurrency: number;
  queue: Waiter[];
  /** Index of the queue's first waiter. */
  head: number;
}

/** Permits per target: at most `concurrency` out at once in this worker, first come first served. */
export class Limiter {
  private readonly targets = new Map<string, Target>();
  private paused = false;

  /** Takes a permit if one is free and nobody waits for it. */
  acquire(name: string, concurrency: number): boolean {
    if (this.paused) return false;
    const target = this.target(name, concurrency);
    if (target.out >= concurrency || target.head < target.queue.length) return false;
    target.out += 1;
    return true;
  }

  /** Counts a permit as out that is needed whatever the limit says: its attempt is committed. */
  take(name: string): void {
    const target = this.targets.get(name) ?? this.target(name, 1);
    target.out += 1;
  }

  /** Waits in line; granted at once where a permit is free. */
  wait(waiter: Waiter): void {
    const target = this.target(waiter.target, waiter.concurrency);
    target.queue.push(waiter);
    this.grant(target);
  }

  /** Leaves the line. */
  leave(waiter: Waiter): void {
    waiter.gone = true;
    const target = this.targets.get(waiter.target);
    if (target !== undefined) this.tidy(waiter.target, target);
  }

  /** Gives a permit back; the first in line gets it. */
  release(name: string): void {
    const target = this.targets.get(name);
    if (target === undefined) return;
    target.out -= 1;
    this.grant(target);
    this.tidy(name, target);
  }

  /** No permit is given any more: the worker is stopping. */
  pause(): void {
    this.paused = true;
  }

  /** Permits out and waiters in line, by target. */
  *usage(): Iterable<{ readonly target: string; readonly out: number; readonly waiting: number }> {
    for (const [target, { out, queue, head }] of this.targets) yield { target, out, waiting: queue.length - head };
  }

  private target(name: string, concurrency: number): Target {
    let target = this.targets.get(name);
    if (target === undefined) {
      target = { out: 0, concurrency, queue: [], head: 0 };
      this.targets.set(name, target);
    }
    target.concurrency = concurrency;
    return target;
  }

  private grant(target: Target): void {
    while (!this.paused && target.out < target.concurrency && target.head < target.queue.length) {
      const waiter = target.queue[target.head] as Waiter;
      target.head += 1;
      if (waiter.gone) continue;
      waiter.gone = true;
      target.out += 1;
      waiter.granted();
    }
  }

  private tidy(name: string, target: Target): void {
    while (target.head < target.queue.length && (target.queue[target.head] as Waiter).gone) target.head += 1;
    // The line is cut only once half of it is behind us, so that leaving it costs the same however long it is.
    if (target.head * 2 > target.queue.length) {
      target.queue = target.queue.slice(target.head);
      target.head = 0;
    }
    if (target.out === 0 && target.queue.length === 0) this.targets.delete(name);
  }
}
