import type { Hash, JournalRow, Limits, PayloadRow, RunState, SnapshotRow } from '@pawl/core';
import { apply, decodeRow, decodeSnapshot, emptyState, encodeSnapshot, invariant, stateToJson } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Run } from './run-table.ts';

/**
 * The snapshot that goes with a commit, or null. One is due after so many events or characters of journal, once they
 * are a quarter of the state's size, and when a run of more than one row leaves memory. A run that has ended gets none.
 */
export function snapshotFor(run: Run, parks: boolean, limits: Limits, hash: Hash): SnapshotRow | null {
  if (!(parks ? run.rowsSince > 1 : isDue(run, limits))) return null;
  const row = encodeSnapshot(run.state, { partition: run.partition }, hash);
  if (parks) checkSnapshot(row, hash);
  run.rowsSince = 0;
  run.eventsSince = 0;
  run.charactersSince = 0;
  run.snapshotCharacters = row.body.length;
  return row;
}

/** Counts a journal row towards the next snapshot. */
export function countRow(run: Run, row: JournalRow): void {
  run.rowsSince += 1;
  run.eventsSince += row.to - row.from + 1;
  run.charactersSince += row.body.length;
}

/** Puts a new run into the sample that is folded a second time, if its id says so. */
export function sample(run: Run): void {
  // The last two digits name the partition, so the two before them are what is random.
  if (Number.parseInt(run.id.slice(-4, -2), 16) % bounds.sampleEvery === 0) run.shadow = emptyState(run.id);
}

/** Folds a row into the second state of a sampled run. */
export function followRow(run: Run, row: JournalRow, payloads: readonly PayloadRow[], hash: Hash): void {
  const { shadow } = run;
  if (shadow === undefined) return;
  const find = (sha256: string): string | undefined => payloads.find((payload) => payload.sha256 === sha256)?.body;
  for (const event of decodeRow(row, hash, find)) apply(shadow, event);
}

/** Asserts that the fold of the written rows is the state, byte for byte. Throws PAWL_INTERNAL where it is not. */
export function checkSample(run: Run): void {
  if (run.shadow === undefined) return;
  invariant(
    textOf(run.shadow) === textOf(run.state),
    `the journal of run ${run.id} does not fold to its state at event ${run.state.seq}`,
  );
}

function isDue(run: Run, limits: Limits): boolean {
  if (run.eventsSince < limits.snapshotEvents && run.charactersSince < limits.snapshotCharacters) return false;
  return run.charactersSince * 4 >= run.snapshotCharacters;
}

function checkSnapshot(row: SnapshotRow, hash: Hash): void {
  const text = textOf(decodeSnapshot(row, hash));
  invariant(text === row.body, `the snapshot of run ${row.run} at event ${row.seq} does not give its state back`);
}

function textOf(state: RunState): string {
  return JSON.stringify(stateToJson(state));
}
