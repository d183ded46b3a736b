import type { JournalRow, SnapshotRow, StoredRun } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import type { Database } from './database.ts';
import { statusOfLetter } from './status-codes.ts';

/** The runs of a partition that are in its owner's memory, in order of their ids, after a run id. */
export function readLoadedRuns(
  database: Database,
  partition: number,
  after: string | null,
  limit: number,
): Promise<StoredRun[]> {
  // All loaded ones of the partition first, by their own index: walking the primary key would meet every parked run.
  return readStored(
    database,
    `select l.* from (
       select r.partition, r.id, r.workspace, r.flow, r.status, r.loaded from pawl.run r
         where r.partition = $1 and r.loaded and ($2::uuid is null or r.id > $2::uuid) offset 0
     ) l order by l.id limit $3`,
    [partition, after, limit],
  );
}

/** One run with its last snapshot and the rows after it; of a workspace where one is given. */
export async function readStoredRun(
  database: Database,
  run: string,
  workspace?: string,
): Promise<StoredRun | undefined> {
  const [stored] = await readStored(
    database,
    `select r.partition, r.id, r.workspace, r.flow, r.status, r.loaded from pawl.run r where r.partition = $1 and r.id = $2
       and ($3::text is null or r.workspace = (select w.id from pawl.workspace w where w.name = $3))`,
    [partitionOf(run), run, workspace ?? null],
  );
  return stored;
}

/** Journal rows of a run that hold the event `from` or later ones, at most `limit` of them. */
export async function readJournal(
  database: Database,
  run: string,
  from: number,
  limit?: number,
): Promise<JournalRow[]> {
  const rows = await database.query<JournalColumns>(
    `select run, seq_from as from, seq_to as to, format, checksum, body from pawl.journal
       where partition = $1 and run = $2 and seq_to >= $3 order by seq_from limit $4`,
    [partitionOf(run), run, from, limit ?? null],
  );
  return rows.map(journalRow);
}

/** Values of a run by their sha-256; unknown ones are left out. */
export async function readPayloads(
  database: Database,
  run: string,
  sha256: readonly string[],
): Promise<Map<string, string>> {
  if (sha256.length === 0) return new Map();
  const rows = await database.query<{ sha256: string; body: string }>(
    `select encode(sha256, 'hex') as sha256, body from pawl.payload
       where partition = $1 and run = $2 and sha256 = any (array(select decode(x, 'hex') from unnest($3::text[]) x))`,
    [partitionOf(run), run, sha256],
  );
  return new Map(rows.map((row) => [row.sha256, row.body]));
}

interface JournalColumns {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly format: number;
  readonly checksum: number;
  readonly body: string;
}

interface StoredColumns extends JournalColumns {
  readonly part: 'head' | 'snapshot' | 'journal';
  readonly partition: number;
  readonly workspace: string;
  readonly flow: string;
  readonly status: string;
  readonly loaded: boolean;
  readonly quarantined: boolean;
}

/** One statement, hence one snapshot of the database: a commit between two would tear a run apart. */
async function readStored(database: Database, picked: string, values: readonly unknown[]): Promise<StoredRun[]> {
  const rows = await database.query<StoredColumns>(
    `with picked as materialized (${picked})
     select 'head' as part, p.partition, p.id as run, w.name as workspace, encode(f.hash, 'hex') as flow, p.status, p.loaded,
         exists (select from pawl.quarantine q where q.partition = p.partition and q.run = p.id) as quarantined,
         0 as from, 0 as to, 0::smallint as format, 0 as checksum, '' as body
       from picked p join pawl.flow f on f.id = p.flow
         join pawl.workspace w on w.id = p.workspace
     union all
     select 'snapshot', s.partition, s.run, '', '', '', false, false, s.seq, s.seq, s.format, s.checksum, s.body
       from picked p join pawl.snapshot s on s.partition = p.partition and s.run = p.id
     union all
     select 'journal', j.partition, j.run, '', '', '', false, false, j.seq_from, j.seq_to, j.format, j.checksum, j.body
       from picked p left join pawl.snapshot s on s.partition = p.partition and s.run = p.id
       cross join lateral (select * from pawl.journal j
         where j.partition = p.partition and j.run = p.id and j.seq_from > coalesce(s.seq, 0)) j`,
    values,
  );
  const heads = rows.filter((row) => row.part === 'head').sort((a, b) => (a.run < b.run ? -1 : 1));
  const snapshots = new Map(rows.filter((row) => row.part === 'snapshot').map((row) => [row.run, snapshotRow(row)]));
  const journals = Map.groupBy(
    rows.filter((row) => row.part === 'journal'),
    (row) => row.run,
  );
  return heads.map((head) => ({
    partition: head.partition,
    run: head.run,
    workspace: head.workspace,
    flow: head.flow,
    status: statusOfLetter(head.status),
    loaded: head.loaded,
    quarantined: head.quarantined,
    snapshot: snapshots.get(head.run) ?? null,
    journal: (journals.get(head.run) ?? []).map(journalRow).sort((a, b) => a.from - b.from),
  }));
}

function snapshotRow(row: JournalColumns): SnapshotRow {
  return {
    partition: partitionOf(row.run),
    run: row.run,
    seq: row.to,
    format: row.format,
    body: row.body,
    checksum: row.checksum >>> 0,
  };
}

function journalRow({ run, from, to, format, body, checksum }: JournalColumns): JournalRow {
  return { partition: partitionOf(run), run, from, to, format, body, checksum: checksum >>> 0 };
}
