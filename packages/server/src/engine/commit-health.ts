import type { Clock, Log } from '@pawl/core';
import type { StoreNote } from './observers.ts';

/** A failure that is over sooner than this is nobody's concern (ms). */
const shortMs = 1_000;
/** Without another failure for so long nothing is known any more (ms): whoever has something to write finds out. */
const standsMs = 10_000;

/** Whether the database takes what the worker wants to write; says once in the log when it does not, and when it does again. */
export class CommitHealth {
  private readonly clock: Pick<Clock, 'mono'>;
  private readonly log: Log;
  private since: number | undefined;
  private last = 0;
  private told = false;

  constructor(clock: Pick<Clock, 'mono'>, log: Log) {
    this.clock = clock;
    this.log = log;
  }

  /** Whether commits have failed for a while, the last one too. */
  get failing(): boolean {
    const now = this.clock.mono();
    return this.since !== undefined && now - this.since >= shortMs && now - this.last < standsMs;
  }

  /** Takes in what became of a write. */
  note(note: StoreNote): void {
    if (note.kind === 'commit' && note.outcome === 'done') this.healed();
    if (note.kind !== 'failure') return;
    const now = this.clock.mono();
    if (this.since === undefined || now - this.last >= standsMs) this.since = now;
    this.last = now;
    if (this.told || now - this.since < shortMs) return;
    this.told = true;
    this.log.error(
      { err: note.error },
      'The database takes no writes; Pawl accepts no starts and tries again. What was accepted is kept.',
    );
  }

  private healed(): void {
    this.since = undefined;
    if (this.told) this.log.info({}, 'The database takes writes again; Pawl goes on.');
    this.told = false;
  }
}
