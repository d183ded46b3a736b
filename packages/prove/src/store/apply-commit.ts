import type { Commit, CommitResult, DecisionRow, Lease, RunStart } from '@pawl/core';
import { FencedError, PoisonError } from '@pawl/core';
import type { StoreMutation } from './mutation.ts';
import type { RunRecord, Tables } from './tables.ts';
import { applySaid, refuseSaid } from './apply-said.ts';
import { isStorable } from './storable.ts';
import { hasEnded } from './tables.ts';

export { isStorable } from './storable.ts';

/** Writes a commit: all of it, or nothing and throws what a worker would meet. */
export function applyCommit(tables: Tables, commit: Commit, mutation: StoreMutation): CommitResult {
  if (!mutation.noFence) fence(tables, commit.leases);
  refuseText(commit);
  const lost = mutation.noDedup ? [] : losers(tables, commit.starts);
  const out = new Set(lost.map((start) => start.run));
  refuseDuplicates(tables, commit, out);
  refuseSaid(tables, commit);
  for (const start of commit.starts) if (!out.has(start.run)) beginRun(tables, start);
  for (const row of commit.journal) tables.runs.get(row.run)?.journal.push(row);
  for (const head of commit.heads) {
    const record = known(tables, head.run, out);
    if (record === undefined) continue;
    record.status = head.status;
    record.waitingFor = hasEnded(head.status) ? null : head.waitingFor;
    record.loaded = head.loaded;
    record.endedAt = head.endedAt;
  }
  for (const timer of commit.timers) {
    const record = known(tables, timer.run, out);
    if (record !== undefined) record.timerAt = timer.at;
  }
  for (const row of commit.snapshots) {
    const record = known(tables, row.run, out);
    if (record !== undefined && (record.snapshot?.seq ?? 0) <= row.seq) record.snapshot = row;
  }
  for (const row of commit.payloads) {
    const record = known(tables, row.run, out);
    if (record !== undefined && !record.payloads.has(row.sha256)) record.payloads.set(row.sha256, row.body);
  }
  for (const row of commit.decisions) {
    const decisions = known(tables, row.run, out)?.decisions;
    const asked = decisions?.get(row.id);
    decisions?.set(row.id, asked === undefined ? row : { ...asked, ...askOf(row), decided: row.decided });
  }
  for (const { id, partition } of commit.consumed) {
    if (tables.inbox.get(id)?.partition === partition) tables.inbox.delete(id);
  }
  applySaid(tables, commit, out);
  return { lost };
}

/** What a step asks is told anew with each row. */
function askOf({ ask }: DecisionRow): Pick<DecisionRow, 'ask'> {
  return ask === undefined ? {} : { ask };
}

/** Throws where one of these leases is lost. */
export function fence(tables: Tables, leases: readonly Lease[]): void {
  const lost = lostPartitions(tables, { leases });
  if (lost.length > 0) throw new FencedError(lost);
}

/** Partitions of a commit that have another epoch by now. */
export function lostPartitions(tables: Tables, commit: Pick<Commit, 'leases'>): number[] {
  const lost = commit.leases.filter(({ partition, epoch }) => tables.leases[partition]?.epoch !== epoch);
  return lost.map((lease) => lease.partition);
}

/** Starts whose key has an earlier run, in the store or in the commit itself. */
function losers(tables: Tables, starts: readonly RunStart[]): CommitResult['lost'][number][] {
  const lost: CommitResult['lost'][number][] = [];
  const here = new Map<string, { run: string; fingerprint: string }>();
  for (const { run, partition, key } of starts) {
    if (key === null) continue;
    const name = dedupName(partition, key.keyHash);
    const winner = tables.dedup.get(name) ?? here.get(name);
    if (winner === undefined) here.set(name, { run, fingerprint: key.fingerprint });
    else if (winner.run !== run) lost.push({ run, winner: winner.run, fingerprint: winner.fingerprint });
  }
  return lost;
}

/** A run or a journal row that exists is a violated unique key: nothing of the commit is written. */
function refuseDuplicates(tables: Tables, commit: Commit, out: ReadonlySet<string>): void {
  const begun = new Set<string>();
  for (const { run } of commit.starts) {
    if (out.has(run)) continue;
    if (tables.runs.has(run) || begun.has(run)) throw new PoisonError('23505', `run ${run} exists`, undefined);
    begun.add(run);
  }
  const written = new Set<string>();
  for (const row of commit.journal) {
    if (out.has(row.run)) continue;
    const name = `${row.run} ${row.from}`;
    const record = tables.runs.get(row.run);
    if (written.has(name) || record?.journal.some((other) => other.from === row.from) === true)
      throw new PoisonError('23505', `run ${row.run} has a journal row that begins with event ${row.from}`, undefined);
    if (record === undefined && !begun.has(row.run))
      throw new PoisonError('23503', `there is no run ${row.run}`, undefined);
    written.add(name);
  }
}

function refuseText(commit: Commit): void {
  for (const rows of [commit.journal, commit.snapshots, commit.payloads]) {
    for (const { body } of rows) {
      if (!isStorable(body))
        throw new PoisonError('22021', 'the text has a character that cannot be stored', undefined);
    }
  }
}

/** The name of a start key's entry. */
export function dedupName(partition: number, keyHash: string): string {
  return `${partition}:${keyHash}`;
}

function beginRun(tables: Tables, start: RunStart): RunRecord {
  const { partition, key, run } = start;
  if (key !== null) {
    const name = dedupName(partition, key.keyHash);
    if (!tables.dedup.has(name))
      tables.dedup.set(name, { run, fingerprint: key.fingerprint, expiresAt: Number.POSITIVE_INFINITY });
  }
  return tables.begin(start);
}

function known(tables: Tables, run: string, out: ReadonlySet<string>): RunRecord | undefined {
  return out.has(run) ? undefined : tables.runs.get(run);
}
