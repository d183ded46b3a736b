import type { RunEvent } from './events.ts';
import { isShown, publicName } from './journal-view.ts';

/** Members that every event has, or that say which step it is about. */
type Common = 'type' | 'at' | 'f' | 'p' | 'i' | 'v' | 'step' | 'kind' | 'a';
type MembersOf<E> = E extends unknown ? Exclude<keyof E, Common> : never;

/** What an event means, and each of its members that outside readers see; the compiler asks for all of them. */
type Meanings = {
  readonly [T in RunEvent['type']]: {
    readonly meaning: string;
    readonly fields: { readonly [F in MembersOf<Extract<RunEvent, { type: T }>>]: string };
  };
};

const meanings: Meanings = {
  'run.started': {
    meaning: 'The run began.',
    fields: {
      flow: 'hash of the flow version',
      input: 'the input as it was given',
      in: 'the input after `input.from`, where the flow has one',
      due: 'the deadline of the run',
      key: 'the start key',
      lineage: 'number of the database’s history in which the run began; absent: the first',
      parent: 'the step of another run, or the schedule, that started it and is told of its end',
    },
  },
  'task.started': {
    meaning: 'A step was entered. For a call it may hold the intent of its first attempt.',
    fields: {
      in: 'the input after `input.from`, where the step has one',
      due: 'the deadline of the step',
      until: 'when a `wait` ends',
      branches: 'how many branches a `fork` has',
      attemptDue: 'when the current try of a `try` is given up',
      retries: 'a `try` with a retry policy: it remembers its effects',
      before: 'an extended step: tasks go before it',
      arg: 'the argument of a function',
      items: 'what a `for` runs over',
      dataset: 'the dataset of a batch',
      intent:
        'the first attempt, fixed before anything leaves: effect `key`, `hash` of the request, `guarantee`, `target`, `due`',
      wants: 'the effect that waits for a place at its target',
      terms: 'what the filters of a `listen` ask for, where expressions say it',
    },
  },
  'task.skipped': { meaning: 'A step was passed over: its `if` was false.', fields: { task: 'name of the step' } },
  'task.completed': {
    meaning: 'A step ended with its output.',
    fields: {
      out: 'the output; absent: the step’s input as it came',
      ctx: 'the new context, where the step exports one',
      to: 'index of the next step in the list; absent: the following one; -1: the list is done',
      goes: 'an extended step: where the flow goes once the tasks after it are done',
      reused: 'the recorded output of an earlier try was used; nothing was sent',
      pure: 'the call turned out to change nothing',
      raw: 'the effect’s own output, where the step changed it',
    },
  },
  'task.faulted': {
    meaning: 'A step ended with an error.',
    fields: {
      error: 'the error (RFC 9457)',
      end: 'how its effect ended: `refused`, `open`, `answered` or `unsent`',
      raw: 'the output of an effect that completed before the step faulted',
    },
  },
  'task.cancelled': { meaning: 'A step was given up: nobody wants its result any more.', fields: {} },
  'permit.wanted': { meaning: 'An attempt whose time has come waits for a place at its target.', fields: {} },
  'attempt.started': {
    meaning: 'The intent of a further attempt: it is on disk before the request leaves.',
    fields: { intent: 'effect `key`, `hash` of the request, `guarantee`, `target`, `due`' },
  },
  'attempt.ended': {
    meaning: 'An attempt ended without completing its step.',
    fields: {
      outcome: '`retryable` or `ambiguous`',
      error: 'what happened',
      left: 'whether something had left',
      lost: 'nobody saw it end, and its sender may live',
      retryAt: 'when the next attempt starts; absent: none by itself',
    },
  },
  'decision.asked': {
    meaning: 'A person is asked: what the step asks, or whether its effect was applied.',
    fields: {
      id: 'the question',
      reason: 'why it is asked; where the step asks, the title',
      ask: 'what the step asks: `title`, `text`, `form`, `to`, and its times',
      hash: 'sha-256 of what it asks',
      place: 'within a `try` with retry: the place of the step',
      n: 'within a `try` with retry: which question of this step it is',
    },
  },
  'decision.approved': {
    meaning: 'The first of two people has approved.',
    fields: { id: 'the question', by: 'who', data: 'what was filled in', reason: 'why' },
  },
  'decision.refused': {
    meaning: 'An answer was not taken; the question stays open.',
    fields: { id: 'the question', by: 'who answered', reason: 'why it was not taken' },
  },
  'decision.reminded': {
    meaning: 'Those who are asked are reminded.',
    fields: { id: 'the question', n: 'how often by now', nextAt: 'when they are again' },
  },
  'decision.escalated': {
    meaning: 'Nobody has decided for a while: others are asked too.',
    fields: { id: 'the question', to: 'everybody who is asked now' },
  },
  'decision.made': {
    meaning: 'The question was answered.',
    fields: {
      id: 'the question',
      verdict: 'the answer',
      by: 'who answered',
      reason: 'why',
      retryAt: 'when the effect is sent again; absent: at once',
    },
  },
  'timeout.reached': {
    meaning: 'A deadline has passed while the outcome of an effect is unknown.',
    fields: { try: 'it was the deadline of one try' },
  },
  'iteration.started': {
    meaning: 'The list of a `for` began once more.',
    fields: { n: 'number of the iteration, from 0' },
  },
  'iteration.ended': {
    meaning: 'The `foreach` of a `listen` is done with an event.',
    fields: { out: 'its output', ctx: 'the new context, where it exports one' },
  },
  'list.entered': {
    meaning: 'The tasks before an extended step are done, or the step itself is.',
    fields: { list: 'what runs now: `extended` or `after`' },
  },
  'event.emitted': {
    meaning: 'A CloudEvent is published, with the commit that holds this.',
    fields: {
      event: 'the CloudEvent',
      place: 'within a `try` with retry: the place of the step',
      n: 'within a `try` with retry: which event of this step it is',
      hash: 'sha-256 of what it says',
    },
  },
  'event.taken': {
    meaning: 'A `listen` took an event.',
    fields: {
      key: 'which event',
      filter: 'number of the filter that it met',
      value: 'what the step reads of it; absent: `until` took it',
      size: 'characters of the value, about',
      bound: 'correlation keys to which it gave their value',
      last: 'no more events are taken',
    },
  },
  'event.returned': {
    meaning: 'Events that a `listen` had taken and will not handle: they may come again.',
    fields: { keys: 'which events' },
  },
  'child.started': {
    meaning: 'A run of another flow is started, with the commit that holds this.',
    fields: {
      child: 'id of the run',
      named: 'the flow',
      input: 'its input',
      detached: 'nobody waits for its end',
      hash: 'sha-256 of the flow’s name and the input',
      place: 'within a `try` with retry: the place of the step',
      n: 'within a `try` with retry: which run of this step it is',
    },
  },
  'child.stopping': { meaning: 'The child run is asked to cancel.', fields: { child: 'id of the run' } },
  'child.ended': {
    meaning: 'A child run that was asked to cancel has ended.',
    fields: { child: 'id of the run', end: 'how it ended' },
  },
  'context.joined': {
    meaning: 'What the branches of a `fork` exported is laid over the context around it.',
    fields: { ctx: 'the context' },
  },
  'task.loosed': {
    meaning:
      'The effect of a losing branch has no known outcome yet: its step stays with the run, which ends only after it.',
    fields: { vars: 'the variables that its requests read' },
  },
  'page.started': {
    meaning: 'A page of a batch was read, and its list began.',
    fields: {
      n: 'number of the page, from 0',
      from: 'where it begins in the dataset',
      next: 'where the next one begins',
      rows: 'how many rows it has',
      last: 'whether it is the last one',
    },
  },
  'task.caught': {
    meaning: 'A `catch` met an error.',
    fields: { error: 'the error', list: 'whether the `catch` has tasks of its own' },
  },
  'task.retried': {
    meaning: 'The retry policy of a `try` lets it be tried again.',
    fields: {
      n: 'number of the retry',
      error: 'the error that led to it',
      until: 'when it is tried again; absent: at once',
      attemptDue: 'when that try is given up',
    },
  },
  'retry.started': {
    meaning: 'The delay before a retry is over.',
    fields: { attemptDue: 'when this try is given up' },
  },
  'cancel.requested': { meaning: 'Somebody asked the run to end.', fields: { by: 'who', reason: 'why' } },
  'run.reconciled': {
    meaning:
      'The database had gone back to an earlier point, or may have: what the run may have done since is looked at.',
    fields: {
      lineage: 'number of the database’s history',
      since: 'the time (ms) after which the run’s past may be lost',
      until: 'the time (ms) by which it was done',
      frame: 'steps with numbers from this one on may have been others',
    },
  },
  'doubt.ended': { meaning: 'The run has come to where it surely never was before.', fields: {} },
  'run.failing': {
    meaning: 'The run is about to fault, and waits for the outcome of an effect.',
    fields: { error: 'the error' },
  },
  'run.completed': { meaning: 'The run ended with its output.', fields: { out: 'the output' } },
  'run.faulted': { meaning: 'The run ended with an error.', fields: { error: 'the error' } },
  'run.cancelled': { meaning: 'The run was cancelled.', fields: {} },
};

/** What an event of the journal means to readers outside, and its members by their public names. */
export interface EventMeaning {
  readonly meaning: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** All events by their type, in the order of a run's life. */
export const journalEvents: Readonly<Record<string, EventMeaning>> = Object.fromEntries(
  Object.entries(meanings).map(([type, { meaning, fields }]) => [
    type,
    {
      meaning,
      fields: Object.fromEntries(
        Object.entries(fields)
          .filter(([member]) => isShown(member))
          .map(([member, text]) => [publicName(type, member), text]),
      ),
    },
  ]),
);
