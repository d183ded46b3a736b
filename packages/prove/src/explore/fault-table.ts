import type { FaultPoint } from '@pawl/core';
import { faultPoints } from '@pawl/core';
import type { StoreCall } from '../store/gate.ts';
import { storeCalls } from '../store/gate.ts';
import type { AttemptMoment } from '../targets/sim-targets.ts';
import type { WireMoment } from '../targets/wire-files.ts';

/** What may go wrong, or come in between. */
export const faultKinds = [
  /** The worker's process ends. What it has sent still arrives. */
  'crash',
  /** A worker that takes over from one that ended ends too. */
  'crashAgain',
  /** The worker stops, and goes on later as if nothing had been. */
  'pause',
  /** The worker is told to end, and drains. */
  'drain',
  /** One more worker joins. */
  'join',
  /** A worker cannot reach the store for a while. */
  'outage',
  /** The connection that holds the advisory lock is lost. */
  'lockLost',
  /** A call does not reach the store. */
  'callLost',
  /** A call is done and its reply is lost. */
  'replyLost',
  /** A commit is lost on its way, and nobody knows. */
  'silence',
  /** A call takes long to arrive. */
  'slowCall',
  /** A commit stays open for long. */
  'slowCommit',
  'wakeLost',
  'wakeDoubled',
  /** The wall clock of a worker jumps. */
  'clockJump',
  /** The wire file of a worker is gone: nothing is concluded from it. */
  'fileLost',
  /** The database goes back to an earlier state; what was sent since stays sent. */
  'restore',
  /** A start is sent again. */
  'duplicateStart',
  'cancel',
  /** Two people cancel at once. */
  'racingCancels',
  /** Two people decide a question at once, and differ. */
  'racingDecisions',
] as const;

/** The name of a fault. */
export type FaultKind = (typeof faultKinds)[number];

/** A moment at which faults are injected. */
export type Boundary =
  | FaultPoint
  | `call.${StoreCall}`
  | 'commit.written'
  | `attempt.${AttemptMoment}`
  | `wire.${WireMoment}`
  | 'wake'
  | 'start'
  | 'question';

const attempts: readonly Boundary[] = ['attempt.called', 'attempt.left', 'attempt.applied', 'attempt.answered'];
const calls = storeCalls
  .filter((call) => call !== 'quarantine' && call !== 'close')
  .map((call) => `call.${call}` as const);
const wires: readonly Boundary[] = ['wire.leaving', 'wire.read'];
const ofWorkers: readonly Boundary[] = [...faultPoints, ...calls, 'commit.written', ...attempts, ...wires];
const messages: readonly Boundary[] = [
  'call.commit',
  'commit.written',
  ...attempts,
  'timer.due',
  'takeover.loaded',
  'call.inbox',
];

/** Where each fault is possible: a campaign in which one of these never happened has proven nothing about it. */
export const possible: Readonly<Record<FaultKind, readonly Boundary[]>> = {
  crash: ofWorkers,
  crashAgain: ['takeover.taken', 'takeover.loaded', 'call.takeOver', 'call.loadedRuns', 'call.commit'],
  pause: ofWorkers,
  drain: ['call.commit', 'commit.written', ...attempts, 'call.beat', 'call.takeOver', 'call.inbox'],
  join: ['call.beat', 'call.commit'],
  outage: ['call.commit', 'commit.written', 'call.beat', 'call.view', 'call.takeOver', 'call.loadedRuns', ...attempts],
  lockLost: ['call.commit', 'commit.written', 'call.beat', 'call.view', ...attempts],
  callLost: calls,
  replyLost: ['call.beat', 'call.takeOver', 'call.release', 'call.commit', 'call.mark'],
  silence: ['call.commit'],
  slowCall: calls,
  slowCommit: ['call.commit'],
  wakeLost: ['wake'],
  wakeDoubled: ['wake'],
  clockJump: ['call.beat', 'call.commit', ...attempts],
  fileLost: wires,
  restore: ['commit.written', ...attempts, 'call.beat', 'call.commit', 'timer.due', 'takeover.loaded'],
  duplicateStart: ['start'],
  cancel: messages,
  racingCancels: messages,
  racingDecisions: ['question'],
};

/** Every fault at every boundary where it is possible, in a fixed order. */
export const pairs: readonly { readonly kind: FaultKind; readonly boundary: Boundary }[] = faultKinds.flatMap((kind) =>
  possible[kind].map((boundary) => ({ kind, boundary })),
);
