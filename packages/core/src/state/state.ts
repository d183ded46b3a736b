import type { FlowError } from '../flow-error.ts';
import type { Guarantee } from '../guarantee/classes.ts';
import type { Json } from '../json.ts';
import type { Then } from '../program/nodes.ts';
import type { EventKey, Parent } from '../ports.ts';
import type { AskTerms, Cursor, EffectEnd, FilterTerms, ListName, StepKind, Wanted } from './events.ts';

/** The statuses of a run: the flow language's own words, for ever. */
export type RunStatus = 'pending' | 'running' | 'waiting' | 'suspended' | 'cancelled' | 'faulted' | 'completed';

/** Why a run waits. */
export type WaitingFor = 'timer' | 'event' | 'approval' | 'child' | 'target' | 'capacity' | 'decision';

/** Where a composite step stands in the list that it runs. */
export interface ListCursor {
  list: ListName;
  /** Index of the task that runs, or is next; the list's length when it is done. -1: done before its end. */
  i: number;
  /** The running value: raw input of the next task. */
  value: Json;
  /** Visits of each task of the list, by index. */
  visits: number[];
}

/** An effect under way. */
export interface EffectState {
  key: string;
  hash: string;
  guarantee: Guarantee;
  target: string;
  /** Attempts so far; the last of them is `open` or has ended. */
  attempts: number;
  /** Whether the last attempt has no outcome yet. */
  open: boolean;
  /** When the open attempt is given up (ms). */
  due: number;
  /** When the first attempt started: the clock of retention and of resending (ms). */
  firstAt: number;
  /** An attempt left and nobody knows whether it was applied. */
  unknown: boolean;
  /** Whether anything left in any attempt. */
  left: boolean;
  place?: string;
  n?: number;
  /** `once`: the worker that was to send the last attempt. */
  by?: string;
  /** When the next attempt starts (ms). */
  retryAt?: number;
  /** The last attempt may still arrive: its sender was not seen to end. */
  lost?: true;
  /** The last attempt's error. */
  error?: FlowError;
  /** The open question to a person. */
  question?: string;
  /** A person has said, since the run was last reconciled, that it was not applied. */
  denied?: true;
}

/** What a `try` with `retry` knows of an effect that it may meet again, by the effect's place. */
export interface TriedEffect {
  key: string;
  hash: string;
  /** Which effect of this place it is, from 1. */
  n: number;
  end: EffectEnd;
  /** Whether anything left under this key, in any try. */
  left: boolean;
  /** When the first attempt of those started: the clock of what a keyed target remembers (ms). */
  keyAt?: number;
  /** Raw output of a completed effect that is not `pure`. */
  out?: Json;
}

/** What a listening step has. */
export interface ListenState {
  /** What its filters ask for by expressions. */
  terms?: readonly FilterTerms[];
  /** What it gives: events as they are read; those that a `foreach` is done with are its outputs. */
  items: Json[];
  /** How many of them a `foreach` is done with. */
  handled: number;
  /** The events of `items` that no `foreach` is done with, in their order: they are given back where the listen fails. */
  keys: EventKey[];
  /** The events that `until` took. */
  ending?: EventKey[];
  /** Numbers of the filters that an event has met. */
  met: number[];
  /** Correlation keys and the values that they have by now. */
  bound: Record<string, Json>;
  /** About how many characters `items` has. */
  size: number;
  /** No more events are taken. */
  last?: true;
}

/** A child run that a step waits for. */
export interface ChildState {
  /** Its run id. */
  id: string;
  hash: string;
  /** Its end is not known. */
  open: boolean;
  /** It was asked to cancel. */
  cancelled?: true;
  startedAt: number;
  place?: string;
  n?: number;
}

/** A question that a step asks. */
export interface AskState {
  /** Its id. */
  id: string;
  terms: AskTerms;
  hash: string;
  askedAt: number;
  /** Nobody has decided it. */
  open: boolean;
  /** Who is asked by now. */
  to: readonly string[];
  remindAt?: number;
  escalateAt?: number;
  /** How often they were reminded. */
  reminders: number;
  /** Those who have approved, where two must. */
  approvals: { by: string; at: number; data: Json }[];
  /** How many answers it did not take, and the last of them. */
  refusals: number;
  refused?: { by: string; reason: string };
  place?: string;
  n?: number;
}

/** One active step. */
export interface Frame {
  readonly id: number;
  /** Parent frame; the root (id 0) has none. */
  p?: number;
  /** JSON pointer of the task in the document; '' for the root. A branch has that of its fork. */
  readonly step: string;
  readonly kind: StepKind | 'root' | 'branch';
  /** Index in the parent's list, or among the branches. */
  readonly i: number;
  readonly v: number;
  readonly at: number;
  /** Transformed input where it differs from the raw one. */
  in?: Json;
  /** End of the task's own timeout (ms). */
  due?: number;
  /** The timeout has passed while an attempt was open: it takes effect once the answer is known. */
  timedOut?: true;
  /** Composite steps. */
  cursor?: ListCursor;
  /** `for`: items, or the dataset of a batch; and which iteration or page runs (from 0; -1: none yet). */
  items?: readonly Json[];
  dataset?: Json;
  n?: number;
  /** Batch: cursor of the page that runs, of the next one, whether it is the last, and how many rows went before and in it. */
  page?: { from: Cursor; next: Cursor; last: boolean; rows: number; total: number };
  /** `extended`: where the flow goes after it, once its task has ended. */
  goes?: Then;
  /** `wait`: its end; `try`: end of the delay before the next try (ms). */
  until?: number;
  /** `try`: end of the current try (ms). */
  attemptDue?: number;
  /** `try`: the current try's time has passed while an attempt was open. */
  tryTimedOut?: true;
  /** `try`: retries so far, time of the first error, the context to go back to, and the caught error. `fork`: its first branch's error. The root: what the run is to fault with. */
  retries?: number;
  firstErrorAt?: number;
  contextBefore?: Json;
  error?: FlowError;
  tried?: Record<string, TriedEffect>;
  triedCount?: number;
  /** `fork`: its branches, whose ids follow its own; how many are not over, how many of them faulted, and which completed first. */
  fork?: { branches: number; open: number; faulted: number; first?: number };
  /** `extended`: the output of its task. `branch`: its task has ended; with its output (absent: it was skipped, and the fork's input is it), or with `error`. */
  over?: true;
  out?: Json;
  /** `branch`: its own context, once something in it has exported. */
  context?: Json;
  /** `branch` that lost its race and stays at the root until an outcome is known; what it sees of the steps around its fork. */
  loose?: true;
  vars?: { readonly [name: string]: Json };
  /** `branch` that is loose: the outermost `try` with `retry` around its fork. */
  keeper?: number;
  /** `listen`: what it has gathered. */
  listen?: ListenState;
  /** `run`: the run that it waits for. */
  child?: ChildState;
  /** `ask`: the question. */
  ask?: AskState;
  /** `call`: waits for a permit (with `effect`: to send again). */
  wants?: Wanted;
  effect?: EffectState;
}

/** The database went back to an earlier point while the run was open: what it does next it may have done before. */
export interface Doubt {
  /** Nothing that is lost was done before this time (ms). */
  readonly since: number;
  /** Nothing that is lost was done after this time (ms). */
  readonly until: number;
  /** Steps with smaller ids were active then, whatever came after. */
  readonly frame: number;
}

/** The folded state of a run. It is changed by `apply` alone. */
export interface RunState {
  readonly id: string;
  /** Hash of the flow version. */
  flow: string;
  /** 'running' while it has not ended; `statusOf` tells running from waiting. */
  status: 'running' | 'cancelled' | 'faulted' | 'completed';
  /** Number of the last event, from 1. */
  seq: number;
  /** Time of the last event (ms). */
  at: number;
  startedAt: number;
  endedAt?: number;
  key?: string;
  /** Who is told of its end. */
  parent?: Parent;
  /** End of the run's deadline (ms). */
  due?: number;
  /** Raw input. */
  input: Json;
  /** Transformed input where it differs. */
  in?: Json;
  context: Json;
  /** Active steps by id, parents before children. */
  frames: Map<number, Frame>;
  nextFrame: number;
  /** Pure tasks since the last effect or wait. */
  pure: number;
  /** Which lineage of the database the run is in step with; absent: the first. */
  lineage?: number;
  doubt?: Doubt;
  cancel?: { by: string; reason?: string; at: number };
  output?: Json;
  error?: FlowError;
}
