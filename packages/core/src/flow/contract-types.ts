import type { Guarantee } from '../guarantee/classes.ts';
import type { DurationText } from './document.ts';

/** `metadata.pawl` of a task as it is written: what Pawl must know beyond the DSL. */
export type TaskContract = {
  /** Only where the action cannot know. */
  readonly guarantee?: Guarantee;
  /** Natural key of this effect; default: the effect key. */
  readonly key?: string;
  readonly keyIn?: KeyInText;
  readonly attempts?: AttemptsText;
  /** What happens when it is not known whether the effect was applied; default `ask`. */
  readonly onAmbiguous?: OnAmbiguous;
  /** On a `for` over a dataset: pages of rows instead of single items. */
  readonly batch?: { readonly size: number; readonly page: true };
};

/** How a keyed target takes the key (one of header, query and body names it) and how long it remembers it. */
export type KeyInText = {
  readonly header?: string;
  readonly query?: string;
  readonly body?: string;
  readonly retention?: DurationText;
};

/** Length of one attempt; `off`: nothing is sent again by itself. */
export type AttemptsText = { readonly timeout?: DurationText } | 'off';

/** Who answers for an effect of which nobody knows whether it was applied. */
export type OnAmbiguous = 'ask' | 'fail';

/** `document.metadata.pawl` as it is written. */
export type DocumentContract = {
  readonly start?: StartContract;
  /** Longest life of a run; default 30 days. */
  readonly deadline?: DurationText;
  /** What the DSL's `schedule` leaves open. */
  readonly schedule?: ScheduleContract;
  /** What every task inherits. */
  readonly defaults?: { readonly attempts?: AttemptsText; readonly onAmbiguous?: OnAmbiguous };
  /** For people: who answers for the flow. */
  readonly owner?: string;
  /** For people: where it is said what to do when it fails. */
  readonly playbook?: string;
};

/** How ticks are counted. */
export type ScheduleContract = {
  /** IANA time zone of a cron expression; default UTC. */
  readonly zone?: string;
  /** Ticks that passed while Pawl was down or the schedule paused: one run for the latest of them (default), none, or one each. */
  readonly missed?: 'one' | 'skip' | 'all';
};

/** One run for each value of a key. */
export type StartContract = {
  readonly key: string;
  /** Same key, same input: the run that exists is answered (default), or the start is refused. */
  readonly onDuplicate?: 'return' | 'reject';
  /** Same key, other input: always refused. */
  readonly onMismatch?: 'reject';
};
