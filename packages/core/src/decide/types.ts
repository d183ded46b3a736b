import type { FlowError } from '../flow-error.ts';
import type { Json } from '../json.ts';
import type { Limits } from '../limits.ts';
import type { Outcome } from '../outcome.ts';
import type { ChildEnd, EventKey, Hash, Page } from '../ports.ts';
import type { RunEvent, Verdict } from '../state/events.ts';
import type { AskState } from '../state/state.ts';

/** Something that happened to a run, to be decided. `at` is its journaled time (ms): all that follows happens at that time. */
export type Stimulus =
  /** Goes on after a yield, at the time of the stimulus that it continues. */
  | { readonly kind: 'continue' }
  /** A permit of the effect's target is in hand; `decide` uses it or gives it back (see `DecideEnv.release`). */
  | { readonly kind: 'permit'; readonly at: number; readonly frame: number }
  /** An attempt ended. `lost`: its worker is gone (found open at a load); `unsent`: this process knows that it never left. */
  | {
      readonly kind: 'attempt';
      readonly at: number;
      readonly frame: number;
      readonly attempt: number;
      readonly outcome: Outcome;
    }
  | {
      readonly kind: 'lost';
      readonly at: number;
      readonly frame: number;
      readonly attempt: number;
      readonly unsent: boolean;
      /** Its sender is surely dead. */
      readonly dead?: boolean;
    }
  /** A batch page was read, or could not be. */
  | {
      readonly kind: 'page';
      readonly at: number;
      readonly frame: number;
      readonly page: Page | { readonly error: FlowError };
    }
  /** A time of `pending` has come. */
  | { readonly kind: 'timer'; readonly at: number; readonly frame: number; readonly timer: TimerKind }
  | {
      readonly kind: 'decision';
      readonly at: number;
      readonly id: string;
      readonly verdict: Verdict;
      readonly by: string;
      readonly reason?: string;
    }
  /** A CloudEvent came for a listening step. What became of it is told by `Decision.event`. */
  | {
      readonly kind: 'event';
      readonly at: number;
      readonly step: string;
      readonly key: EventKey;
      readonly event: Json;
    }
  /** A child run has ended. */
  | {
      readonly kind: 'child';
      readonly at: number;
      readonly frame: number;
      readonly child: string;
      readonly end: ChildEnd;
    }
  | { readonly kind: 'cancel'; readonly at: number; readonly by: string; readonly reason?: string }
  /**
   * The database has another lineage than the run knows: it went back to an earlier point, or may have. Nothing that is
   * lost was done after `until` (ms).
   */
  | { readonly kind: 'reconcile'; readonly at: number; readonly lineage: number; readonly until: number }
  /** The store refused what the run wanted to write, or the run cannot go on: it faults with this reason. */
  | { readonly kind: 'rejected'; readonly at: number; readonly reason: string };

/**
 * Times that a run waits for: end of a `wait`, of a task's or (frame 0) run's deadline, of one try, of a `try`'s delay, of
 * a resend's delay; of a question its deadline, the next reminder, and when others are asked too.
 */
export type TimerKind = 'wait' | 'timeout' | 'try' | 'retry' | 'resend' | 'answer' | 'remind' | 'escalate';

/** What `decide` is given besides state and flow: no clock, no I/O. */
export interface DecideEnv {
  readonly hash: Hash;
  /** In [0, 1): jitter. */
  readonly random: () => number;
  readonly limits: Limits;
  /** Lineage of the database, which runs that begin are born in; when it began, and when nothing that is lost was done any more (ms). Default: the first. */
  readonly lineage?: { readonly number: number; readonly at: number; readonly until: number };
  /** Id of the worker that decides; it is kept with the intents of `once` effects. */
  readonly worker?: string;
  /**
   * Takes a permit of a target if one is free and nobody waits for it. At most `concurrency` are out at once in this
   * worker; the runtime gives it back when the attempt has ended.
   */
  readonly acquire: (target: string, concurrency: number) => boolean;
  /** Gives back a permit that a `permit` stimulus brought and that was not used. */
  readonly release: (target: string) => void;
}

/** What a stimulus led to. The state has been changed already; a failed commit means loading it again. */
export interface Decision {
  readonly events: readonly RunEvent[];
  /** The run has more to do at once: commit, then `continue`. */
  readonly yielded: boolean;
  /**
   * What became of the event of an `event` stimulus. `taken`: an `event.taken` among the events says so too. `returned`:
   * no step wants it now, but a later visit may: it must be able to come again. `refused`: it was looked at for good.
   */
  readonly event?: 'taken' | 'returned' | 'refused';
}

/** What must be under way for a run, read off its state: nothing else is remembered anywhere. */
export type Pending =
  /** Send (or find lost) this attempt. */
  | {
      readonly kind: 'attempt';
      readonly frame: number;
      readonly attempt: number;
      readonly due: number;
      readonly target: string;
    }
  /** Get a permit. */
  | { readonly kind: 'permit'; readonly frame: number; readonly target: string; readonly concurrency: number }
  | { readonly kind: 'timer'; readonly frame: number; readonly timer: TimerKind; readonly at: number }
  /** Read a page; `reload`: it runs already and was lost from memory: hold every other stimulus back until it is there. */
  | {
      readonly kind: 'page';
      readonly frame: number;
      readonly dataset: Json;
      readonly cursor: Json;
      readonly size: number;
      readonly reload: boolean;
    }
  /** A person must decide. */
  | {
      readonly kind: 'decision';
      readonly frame: number;
      readonly id: string;
      readonly step: string;
      readonly reason: string;
      readonly askedAt: number;
      /** What the step asks; absent: whether its effect was applied. */
      readonly ask?: AskState;
    }
  /** An event must come; `listeners` says which. */
  | { readonly kind: 'event'; readonly frame: number; readonly step: string }
  /** A child run must end. */
  | { readonly kind: 'child'; readonly frame: number; readonly child: string }
  | { readonly kind: 'continue' };
