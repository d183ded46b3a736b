import { canonicalJson } from '../json.ts';
import type { Hash } from './environment.ts';

/** Number of partitions of a store, fixed for its life. A run's partition is the last byte of its id. */
export const partitionCount = 256;

/** The partition of a run id (a uuid whose last two hex digits name it). */
export function partitionOf(run: string): number {
  return Number.parseInt(run.slice(-2), 16);
}

/** The partition of a workspace's events of a type. */
export function eventPartition(workspace: string, type: string, hash: Pick<Hash, 'sha256'>): number {
  return Number.parseInt(hash.sha256(canonicalJson([workspace, type])).slice(0, 2), 16);
}

/** The id of a flow's schedule: made of its name alone, in the form of a uuid (version 8) whose last byte is its partition. */
export function scheduleId(workspace: string, namespace: string, name: string, hash: Pick<Hash, 'sha256'>): string {
  const hex = hash.sha256(canonicalJson(['schedule', workspace, namespace, name]));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
