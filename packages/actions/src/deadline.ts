import type { Cancellation } from '@pawl/core';

/** A cancellation with a deadline of its own beside that of the attempt. Call `done` when the work has ended. */
export class Deadline implements Cancellation {
  cancelled = false;
  readonly #callbacks: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  /** `ms`: time from now. */
  constructor(outer: Cancellation, ms: number) {
    this.#timer = setTimeout(() => this.#cancel(), Math.min(ms, longestTimer));
    outer.onCancel(() => this.#cancel());
  }

  onCancel(callback: () => void): void {
    if (this.cancelled) callback();
    else this.#callbacks.push(callback);
  }

  done(): void {
    clearTimeout(this.#timer);
  }

  #cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    clearTimeout(this.#timer);
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/** Node's timers take no more (ms). */
const longestTimer = 2_147_483_647;
