import type { ActionRequest, Cancellation } from '@pawl/core';
import type { AttemptNote } from './observe.ts';
import type { Run } from './run-table.ts';
import type { TimerItem } from './timers.ts';
import type { Work } from './works.ts';

/** What an attempt tells its dispatcher. */
export interface AttemptHost {
  /** Its deadline, or the grace after it, has passed. */
  attemptDue(attempt: Attempt, now: number): void;
  /** Nobody waits for it any more. */
  attemptUnwanted(attempt: Attempt): void;
}

/** An attempt under way: what the action sees of it, and its deadline. */
export class Attempt implements Cancellation, TimerItem, Work {
  readonly kind = 'attempt';
  readonly frame: number;
  readonly attempt: number;
  readonly target: string;
  readonly request: ActionRequest;
  /** Monotonic time of its dispatch (ms). */
  readonly startedAt: number;
  /** Its run; after a reload, the object that stands for it now. */
  run: Run;
  cancelled = false;
  /** Its deadline has passed before its outcome was known. */
  late = false;
  /** Something was handed to a connection. */
  left = false;
  /** Its outcome is known or was declared; what still comes is ignored. */
  over = false;
  /** Its outcome is of no use any more: the step has ended. */
  unwanted = false;
  at = Number.POSITIVE_INFINITY;
  slot = -1;
  private readonly host: AttemptHost;
  private callbacks: (() => void)[] = [];

  constructor(run: Run, frame: number, request: ActionRequest, target: string, startedAt: number, host: AttemptHost) {
    this.run = run;
    this.frame = frame;
    this.attempt = request.attempt;
    this.request = request;
    this.target = target;
    this.startedAt = startedAt;
    this.host = host;
  }

  due(now: number): void {
    this.host.attemptDue(this, now);
  }

  onCancel(callback: () => void): void {
    if (this.cancelled) callback();
    else this.callbacks.push(callback);
  }

  /** Tells the action to end soon. */
  giveUp(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    const { callbacks } = this;
    this.callbacks = [];
    for (const callback of callbacks) callback();
  }

  cancel(): void {
    this.host.attemptUnwanted(this);
  }

  /** What observers are told of it. */
  note(ended?: AttemptNote['ended']): AttemptNote {
    const { run, step, action, attempt, key } = this.request;
    return {
      run,
      step,
      frame: this.frame,
      action,
      target: this.target,
      attempt,
      key,
      startedAt: this.startedAt,
      ...(ended === undefined ? {} : { ended }),
    };
  }
}
