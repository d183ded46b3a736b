export type { ErrorCode } from './errors.ts';
export { ensureError, errors, invariant, PawlError } from './errors.ts';
export type { Fault, FaultPoint } from './faults.ts';
export { faultPoints, noFaults } from './faults.ts';
export type { ErrorKind, FlowError } from './flow-error.ts';
export { errorKindOf, flowError } from './flow-error.ts';
export { flowErrorOf } from './flow-error-of.ts';
export { fillMarks, isMarkable, showMarks } from './secrets/marks.ts';
export type { SecretPath } from './secrets/paths.ts';
export type { Guarantee, KeyIn } from './guarantee/classes.ts';
export { guarantees, httpGuarantee } from './guarantee/classes.ts';
export type { Json, JsonObject } from './json.ts';
export type { JsonShape } from './json-text.ts';
export { fitsShape } from './json-text.ts';
export { canonicalJson, isObject, parseJson } from './json.ts';
export type { Limits } from './limits.ts';
export { limits } from './limits.ts';
export type { Outcome } from './outcome.ts';
export type * from './ports.ts';
export {
  eventPartition,
  FencedError,
  PoisonError,
  partitionCount,
  partitionOf,
  scheduleId,
  UnknownCommitError,
  wireName,
} from './ports.ts';
export type { Problem, Result } from './result.ts';
export type { Decision, DecideEnv, Pending, Stimulus, TimerKind } from './decide/types.ts';
export type {
  Answer,
  AskTerms,
  Cursor,
  FilterTerms,
  Intent,
  RunEvent,
  StartedChild,
  StepKind,
  TakenEvent,
  Verdict,
  Wanted,
} from './state/events.ts';
export { journalFormat } from './state/events.ts';
export type {
  AskState,
  ChildState,
  EffectState,
  Frame,
  ListCursor,
  ListenState,
  RunState,
  RunStatus,
  TriedEffect,
  WaitingFor,
} from './state/state.ts';
export type { AnswerCheck, Asked } from './flow/answer.ts';
export { checkAnswer } from './flow/answer.ts';
export { hasListener, listeners } from './decide/listeners.ts';
export type { Listening } from './decide/listeners.ts';
export { eventRow, messagesOf } from './decide/messages.ts';
export type { Outgoing } from './decide/messages.ts';
export { beginRun, decide } from './decide/decide.ts';
export type { Beginning } from './decide/decide.ts';
export { pending, statusOf } from './decide/pending.ts';
export { isKey, requestOf, startKeyOf } from './decide/request.ts';
export { compileFlow } from './program/compile.ts';
export type { Catalog } from './program/compiling.ts';
export type { CompiledFlow, TaskNode } from './program/nodes.ts';
export { apply, emptyState } from './state/apply.ts';
export type { RowPlace } from './state/codec.ts';
export {
  decodeRow,
  decodeSnapshot,
  encodeRow,
  encodeSnapshot,
  foldRows,
  payloadsOf,
  stateFromJson,
  stateToJson,
} from './state/codec.ts';
export type { PublicEvent } from './state/journal-view.ts';
export { JournalView, nameOf } from './state/journal-view.ts';
export type { SchemaOptions, SchemaProblem, SchemaResult, Validator } from './schema/index.ts';
export { compileSchema } from './schema/index.ts';
export type {
  CheckedFlow,
  CheckOptions,
  CheckResult,
  ExternalReference,
  LintOptions,
  Resources,
} from './flow/index.ts';
export { durationMs, parseDuration } from './flow/duration.ts';
export { checkFlow, compareVersions, flowHash, nearestHint, parseFlow } from './flow/index.ts';
export type { LifeOf } from './state/lifecycle.ts';
export { LifecycleView, lifecycleTypes } from './state/lifecycle.ts';
export { newRunId } from './run-id.ts';
export type { ScheduledStart, ScheduleDecision, ScheduleState, ScheduleStimulus } from './schedule/decide-schedule.ts';
export { decideSchedule } from './schedule/decide-schedule.ts';
export type { ScheduleSpec } from './schedule/spec.ts';
export { compileSchedule, scheduleMatches } from './schedule/spec.ts';
