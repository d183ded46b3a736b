import type { FlowError } from '../flow-error.ts';
import type { Guarantee } from '../guarantee/classes.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ChildEnd, EventKey, FlowName, Parent } from '../ports.ts';
import type { Then } from '../program/nodes.ts';

/** The format number of journal rows and snapshots that this version writes. */
export const journalFormat = 2;

/** What runs inside a composite step: which list, and how often it was entered. */
export type ListName = 'do' | 'try' | 'catch' | 'branches' | 'foreach' | 'before' | 'extended' | 'after';

/** The kinds of step that this version runs. */
export type StepKind =
  | ('call' | 'do' | 'emit' | 'extended' | 'for' | 'fork' | 'listen')
  | ('ask' | 'raise' | 'run' | 'set' | 'switch' | 'try' | 'wait');

/** The first attempt's facts, fixed before anything leaves. */
export interface Intent {
  /** The effect key: made once at the step's entry, the same in every attempt. */
  readonly key: string;
  /** sha-256 of the frozen request. */
  readonly hash: string;
  readonly guarantee: Guarantee;
  /** Name of the target whose permit is held. */
  readonly target: string;
  /** When this attempt is given up (ms since the epoch). */
  readonly due: number;
  /** `once`: the worker that is to send it, whose wire file may tell that it never did. */
  readonly by?: string;
  /** Inside a `try` with `retry`: the effect's place (its default key, were it the first) and which effect of it this is. */
  readonly place?: string;
  readonly n?: number;
}

/** Where a batch stands: the cursor after which the page begins, opaque to all but its action. */
export type Cursor = Json;

/**
 * How an effect ended: `completed`, `refused` for certain (a new effect may follow), `open` (nobody knows), `answered`
 * (the target failed or said "not now": the same key is right), `unsent` (nothing left).
 */
export type EffectEnd = 'completed' | 'refused' | 'open' | 'answered' | 'unsent';

interface At {
  /** When it happened: the time of the stimulus that led to it (ms since the epoch). */
  readonly at: number;
}

/** A fact about one frame, by the frame's id. */
interface OfFrame extends At {
  readonly f: number;
}

/**
 * A journal event: a fact that is folded into the state without evaluating anything. Only deltas are carried: a step's
 * output stands in its closing event once; its raw input is the running value of its list.
 */
export type RunEvent =
  | (At & {
      readonly type: 'run.started';
      readonly flow: string;
      readonly input: Json;
      readonly in?: Json;
      readonly due?: number;
      readonly key?: string;
      /** Lineage of the database in which it began; absent: the first. */
      readonly lineage?: number;
      /** Who is told of the run's end. */
      readonly parent?: Parent;
    })
  | (OfFrame & {
      readonly type: 'task.started';
      /** Parent frame; of a branch's task the fork's. */
      readonly p: number;
      /** Index within the parent's list, or among its branches. */
      readonly i: number;
      readonly step: string;
      readonly kind: StepKind;
      /** Visit: how often this list entered this task, from 1. */
      readonly v: number;
      /** Transformed input, where `input.from` made one. */
      readonly in?: Json;
      /** When the task's own timeout ends (ms). */
      readonly due?: number;
      /** End of a `wait` (ms). */
      readonly until?: number;
      /** `fork`: how many branches it has; their frames take the ids that follow its own. */
      readonly branches?: number;
      /** End of one attempt of a `try` (ms). */
      readonly attemptDue?: number;
      /** `try`: it has a retry policy, so it remembers its effects. */
      readonly retries?: true;
      /** `extended`: whether tasks go before the extended one. */
      readonly before?: true;
      /** Argument of a function call: the raw input of the function's task. */
      readonly arg?: Json;
      /** Items of a `for` over an array. */
      readonly items?: readonly Json[];
      /** Dataset of a batch. */
      readonly dataset?: Json;
      /** The first attempt, when its permit was in hand. */
      readonly intent?: Intent;
      /** The effect that waits for a permit of its target. */
      readonly wants?: Wanted;
      /** `listen`: what its filters ask for by expressions, by the number of the filter; absent: nothing. */
      readonly terms?: readonly FilterTerms[];
    })
  /** A fact of the list that skipped it: a task whose `if` was false has no event of its own. */
  | (At & { readonly type: 'task.skipped'; readonly p: number; readonly i: number; readonly task: string })
  | (OfFrame & {
      readonly type: 'task.completed';
      /** Attempt whose answer completed an effect. */
      readonly a?: number;
      /** Transformed output; absent: the task's raw input. */
      readonly out?: Json;
      /** New context, where `export.as` made one. */
      readonly ctx?: Json;
      /** Index of the next task in the parent's list; absent: the following one; -1: the list is done. */
      readonly to?: number;
      /** An extended task: where the flow goes once the tasks after it are done. */
      readonly goes?: Then;
      /** The recorded output of an earlier try was used; nothing was sent. */
      readonly reused?: true;
      /** The call turned out to change nothing: an enclosing retry makes it again. */
      readonly pure?: true;
      /** Raw output of the effect, where `out` differs from it and an enclosing retry may need it. */
      readonly raw?: Json;
    })
  | (OfFrame & {
      readonly type: 'task.faulted';
      readonly a?: number;
      readonly error: FlowError;
      /** An effect's end without completion. */
      readonly end?: EffectEnd;
      /** Raw output of a completed effect whose step faulted after it. */
      readonly raw?: Json;
    })
  | (OfFrame & { readonly type: 'task.cancelled' })
  /** A resend whose time has come waits for a permit of its target. */
  | (OfFrame & { readonly type: 'permit.wanted' })
  | (OfFrame & { readonly type: 'attempt.started'; readonly a: number; readonly intent: Intent })
  | (OfFrame & {
      readonly type: 'attempt.ended';
      readonly a: number;
      readonly outcome: 'retryable' | 'ambiguous';
      readonly error: FlowError;
      /** Whether something left. */
      readonly left: boolean;
      /** Nobody saw it end, and its sender may live: until its deadline and a lease have passed it may still arrive. */
      readonly lost?: true;
      /** When the next attempt starts (ms); absent: none by itself. */
      readonly retryAt?: number;
    })
  | (OfFrame & {
      readonly type: 'decision.asked';
      /** The attempt whose outcome is asked for; absent: the step itself is a question. */
      readonly a?: number;
      readonly id: string;
      readonly reason: string;
      /** What the step asks. */
      readonly ask?: AskTerms;
      /** sha-256 of what it asks. */
      readonly hash?: string;
      /** Inside a `try` with `retry`: the step's place, and which question of it this is. */
      readonly place?: string;
      readonly n?: number;
    })
  /** The first of two people has approved. */
  | (OfFrame & {
      readonly type: 'decision.approved';
      readonly id: string;
      readonly by: string;
      readonly data: Json;
      readonly reason?: string;
    })
  /** An answer that the question does not take; it stays open. */
  | (OfFrame & {
      readonly type: 'decision.refused';
      readonly id: string;
      readonly by: string;
      readonly reason: string;
    })
  /** Those who are asked are reminded; `nextAt`: when they are again (ms). */
  | (OfFrame & {
      readonly type: 'decision.reminded';
      readonly id: string;
      readonly n: number;
      readonly nextAt?: number;
    })
  /** Nobody has decided for a while: others are asked too. `to`: everybody who is asked now. */
  | (OfFrame & { readonly type: 'decision.escalated'; readonly id: string; readonly to: readonly string[] })
  | (OfFrame & {
      readonly type: 'decision.made';
      readonly id: string;
      readonly verdict: Verdict;
      readonly by: string;
      readonly reason?: string;
      /** When it is sent again (ms); absent: at once. */
      readonly retryAt?: number;
    })
  /** A deadline has passed while the outcome of an effect is unknown: of the step, or of the current `try`. */
  | (OfFrame & { readonly type: 'timeout.reached'; readonly try?: true })
  | (OfFrame & { readonly type: 'iteration.started'; readonly n: number })
  /** The tasks before an extended one are done, or it is. */
  | (OfFrame & { readonly type: 'list.entered'; readonly list: 'extended' | 'after' })
  /** `foreach` of a listen is done with an event. */
  | (OfFrame & {
      readonly type: 'iteration.ended';
      readonly out: Json;
      readonly ctx?: Json;
    })
  /** An event is published with the commit that holds this. */
  | (OfFrame & {
      readonly type: 'event.emitted';
      /** The CloudEvent. */
      readonly event: JsonObject;
      /** Inside a `try` with `retry`: the place, which event of it this is, and the hash of what it says. */
      readonly place?: string;
      readonly n?: number;
      readonly hash?: string;
    })
  | (OfFrame & TakenEvent & { readonly type: 'event.taken' })
  /** Events that the listen took and will not handle: they may come again. */
  | (OfFrame & { readonly type: 'event.returned'; readonly step: string; readonly keys: readonly EventKey[] })
  /** A run of another flow is started with the commit that holds this. */
  | (OfFrame & StartedChild & { readonly type: 'child.started' })
  /** The child run is asked to cancel. */
  | (OfFrame & { readonly type: 'child.stopping'; readonly child: string })
  /** A child run that was asked to cancel has done so. */
  | (OfFrame & { readonly type: 'child.ended'; readonly child: string; readonly end: ChildEnd })
  /** What the exports in a fork's branches changed is laid over the context around the fork. */
  | (OfFrame & { readonly type: 'context.joined'; readonly ctx: Json })
  /**
   * The task of a losing branch has an effect whose outcome is not known: it leaves its fork and stays at the run's root
   * until that is known. `vars`: the variables of steps around the fork that its requests read.
   */
  | (OfFrame & { readonly type: 'task.loosed'; readonly vars?: { readonly [name: string]: Json } })
  | (OfFrame & {
      readonly type: 'page.started';
      readonly n: number;
      readonly from: Cursor;
      readonly next: Cursor;
      readonly rows: number;
      readonly last: boolean;
    })
  | (OfFrame & { readonly type: 'task.caught'; readonly error: FlowError; readonly list: boolean })
  | (OfFrame & {
      readonly type: 'task.retried';
      readonly n: number;
      readonly error: FlowError;
      readonly until?: number;
      readonly attemptDue?: number;
    })
  | (OfFrame & { readonly type: 'retry.started'; readonly attemptDue?: number })
  | (At & { readonly type: 'cancel.requested'; readonly by: string; readonly reason?: string })
  /**
   * The database had gone back to an earlier point, or may have: what the run did after `since` is lost to it, and was
   * done before `until`. Steps with ids from `frame` on may have had other ones.
   */
  | (At & {
      readonly type: 'run.reconciled';
      readonly lineage: number;
      readonly since: number;
      readonly until: number;
      readonly frame: number;
    })
  /** The run has come to where it surely never was before. */
  | (At & { readonly type: 'doubt.ended' })
  /** The run is about to fault, and waits for the outcome of a loose effect. */
  | (At & { readonly type: 'run.failing'; readonly error: FlowError })
  | (At & { readonly type: 'run.completed'; readonly out: Json })
  | (At & { readonly type: 'run.faulted'; readonly error: FlowError })
  | (At & { readonly type: 'run.cancelled' });

/** What one filter of a listen asks for, where expressions say it: fixed when the listen begins. */
export interface FilterTerms {
  /** Attributes that an event must have. */
  readonly match?: { readonly [name: string]: string };
  /** Values of correlation keys. */
  readonly expect?: { readonly [key: string]: Json };
}

/** An event that a listen has taken. */
export interface TakenEvent {
  /** JSON pointer of the listening task. */
  readonly step: string;
  readonly key: EventKey;
  /** Number of the filter that it met; those of `until` follow the others. */
  readonly filter: number;
  /** As `read` says; absent: `until` took it. */
  readonly value?: Json;
  /** About how many characters of JSON the value has. */
  readonly size?: number;
  /** Correlation keys that it was the first to give a value. */
  readonly bound?: { readonly [key: string]: Json };
  /** No more events are taken. */
  readonly last?: true;
}

/** A child run that is started. */
export interface StartedChild {
  /** Its run id, made here. */
  readonly child: string;
  readonly named: FlowName;
  readonly input: Json;
  /** Nobody waits for its end. */
  readonly detached?: true;
  /** sha-256 of the flow's name and the input. */
  readonly hash: string;
  /** Inside a `try` with `retry`: the step's place, and which child of it this is. */
  readonly place?: string;
  readonly n?: number;
}

/** An effect that waits for a permit: its key and guarantee are fixed, its request is built when it may start. */
export interface Wanted {
  readonly target: string;
  readonly key: string;
  readonly guarantee: Guarantee;
  readonly place?: string;
  readonly n?: number;
}

/** A person's answer: about an ambiguous step, or to what a step asks. */
export type Verdict =
  | { readonly applied: true; readonly output: Json }
  | { readonly applied: false }
  | { readonly fail: true }
  | Answer;

/** An answer to what a step asks. */
export type Answer = {
  readonly decision: 'approved' | 'rejected';
  /** What was filled in; absent: nothing. */
  readonly data?: Json;
};

/** What a step asks: fixed when it is entered. Times in ms. */
export interface AskTerms {
  readonly title: string;
  readonly text?: string;
  /** JSON Schema of the data. */
  readonly form?: JsonObject;
  /** Who is asked: groups, and persons as `user:NAME`; none: whoever may decide. */
  readonly to: readonly string[];
  readonly fourEyes?: true;
  readonly deadline?: number;
  /** Time between two reminders. */
  readonly remind?: number;
  readonly escalate?: { readonly at: number; readonly to: readonly string[] };
  readonly onDeadline: 'fail' | 'reject' | { readonly value: Json };
}
