/** The ports: what core and runtime need of the world, as interfaces. One file each in `ports/`. */
export type * from './ports/actions.ts';
export type * from './ports/api-store.ts';
export type * from './ports/audit.ts';
export { FencedError, PoisonError, UnknownCommitError } from './ports/commit-errors.ts';
export type * from './ports/environment.ts';
export type * from './ports/event-rows.ts';
export { eventPartition, partitionCount, partitionOf, scheduleId } from './ports/partition.ts';
export type * from './ports/rows.ts';
export type * from './ports/runtime.ts';
export type * from './ports/store.ts';
export type { Wire } from './ports/wire.ts';
export { wireName } from './ports/wire.ts';
export type * from './ports/worker-store.ts';
