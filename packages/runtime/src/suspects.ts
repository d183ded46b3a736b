import { ensureError } from '@pawl/core';
import { backoffMs } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { Run } from './run-table.ts';

/**
 * After repeated deaths of a partition's owners its runs are decided one at a time, each written down before and
 * cleared once its commit is in, so that the one that ends its workers is found and set aside.
 */
export class Suspects {
  private readonly context: Context;
  private readonly line: Run[] = [];
  private current: Run | undefined;

  constructor(context: Context) {
    this.context = context;
  }

  /** The run waits for its turn: until then nothing of it is decided. */
  add(run: Run): void {
    run.hold = 'mark';
    this.line.push(run);
    this.next();
  }

  /** The run's commit is in, it had nothing to write, or it has left memory. */
  done(run: Run): void {
    if (this.current !== run) return;
    this.current = undefined;
    this.context.ports.store.mark(run.id, null).catch((error: unknown) => {
      this.context.ports.log.warn(
        { err: ensureError(error), run: run.id },
        'The mark of a run could not be cleared; it counts only if an owner dies at the same event.',
      );
    });
    this.next();
  }

  private next(): void {
    while (this.current === undefined) {
      const run = this.line.shift();
      if (run === undefined) return;
      if (run.phase === 'gone') continue;
      this.current = run;
      this.mark(run, 1);
    }
  }

  private mark(run: Run, tries: number): void {
    const { store, log, clock, random } = this.context.ports;
    if (run.phase === 'gone') return this.done(run);
    store.mark(run.id, run.state.seq).then(
      (deaths) => this.decide(run, deaths),
      (error: unknown) => {
        log.warn(
          { err: ensureError(error), run: run.id },
          'A run could not be marked before it is decided; Pawl tries again.',
        );
        clock.after(backoffMs(tries, random), () => this.mark(run, tries + 1));
      },
    );
  }

  private decide(run: Run, deaths: number): void {
    run.hold = undefined;
    run.suspect = false;
    if (run.phase !== 'gone' && deaths >= bounds.marks) {
      this.context.departures.quarantine(
        run,
        new Error(`${deaths} workers ended while they decided this run at event ${run.state.seq}`),
      );
    } else if (run.phase !== 'gone') this.context.advance.drain(run);
    if (run.phase === 'gone' || run.phase === 'idle') this.done(run);
  }
}
