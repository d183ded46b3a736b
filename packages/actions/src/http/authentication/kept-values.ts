import type { Cancellation } from '@pawl/core';
import { EgressFailure } from '../../egress/failure.ts';

/** A value, and how long it may be given to others (ms). */
export interface Loaded<Value> {
  readonly value: Value;
  readonly freshFor: number;
}

/** Fetches a value. `previous` is the one that was kept before, no longer fresh. */
export type Load<Value> = (cancellation: Cancellation, previous: Value | undefined) => Promise<Loaded<Value>>;

/** Bounds and clock of kept values. */
export interface KeptOptions {
  /** Values kept; the one fetched longest ago goes first. */
  readonly max: number;
  /** Longest time that one fetch may take (ms). */
  readonly loadTime: number;
  /** A clock that never jumps (ms). */
  readonly now: () => number;
}

/** Values in memory that expire. However many callers want one at the same time, it is fetched once. */
export class KeptValues<Value> {
  readonly #options: KeptOptions;
  readonly #kept = new Map<string, { readonly value: Value; until: number }>();
  readonly #flights = new Map<string, Flight<Value>>();

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /** The value, fetched if none is fresh. Rejects with what `load` rejects with, or `cancelled` for this caller alone. */
  async get(key: string, cancellation: Cancellation, load: Load<Value>): Promise<Value> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#options.now() < kept.until) return kept.value;
    const flight = this.#flights.get(key) ?? this.#start(key, (shared) => load(shared, kept?.value));
    return (await flight.join(cancellation)).value;
  }

  /** This value is of no use any more; one that has replaced it stays. */
  drop(key: string, value: Value): void {
    const kept = this.#kept.get(key);
    if (kept?.value === value) kept.until = Number.NEGATIVE_INFINITY;
  }

  /** Forgets the value as if it had never been. */
  forget(key: string): void {
    this.#kept.delete(key);
  }

  #start(key: string, load: (cancellation: Cancellation) => Promise<Loaded<Value>>): Flight<Value> {
    const started = this.#options.now();
    const flight = new Flight(load, this.#options.loadTime);
    this.#flights.set(key, flight);
    flight.onEnd(
      ({ value, freshFor }) => {
        this.#flights.delete(key);
        // Counted from when it was asked for: the server may have begun to count then.
        this.#keep(key, { value, until: started + freshFor });
      },
      () => this.#flights.delete(key),
    );
    return flight;
  }

  #keep(key: string, entry: { value: Value; until: number }): void {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#options.max) break;
      this.#kept.delete(oldest);
    }
  }
}

/** One fetch that several callers wait for; it goes on when they give up, since its answer serves whoever asks next. */
class Flight<Value> implements Cancellation {
  readonly #result: Promise<Loaded<Value>>;
  readonly #callbacks: (() => void)[] = [];
  cancelled = false;

  constructor(load: (cancellation: Cancellation) => Promise<Loaded<Value>>, time: number) {
    this.#result = this.#load(load, time);
  }

  /** Calls one of the two before any caller is told. */
  onEnd(loaded: (loaded: Loaded<Value>) => void, failed: () => void): void {
    this.#result.then(loaded, failed);
  }

  onCancel(callback: () => void): void {
    if (this.cancelled) callback();
    else this.#callbacks.push(callback);
  }

  join(cancellation: Cancellation): Promise<Loaded<Value>> {
    return new Promise((resolve, reject) => {
      this.#result.then(resolve, reject);
      cancellation.onCancel(() => reject(new EgressFailure('cancelled', 'The answer did not come in time.')));
    });
  }

  async #load(load: (cancellation: Cancellation) => Promise<Loaded<Value>>, time: number): Promise<Loaded<Value>> {
    const timer = setTimeout(() => {
      this.cancelled = true;
      for (const callback of this.#callbacks.splice(0)) callback();
    }, time);
    try {
      return await load(this);
    } catch (error) {
      throw this.cancelled ? new EgressFailure('unreachable', `No answer came within ${time / 1000} seconds.`) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
