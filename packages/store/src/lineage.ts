import type { Commit, CommitResult, Log } from '@pawl/core';
import type pg from 'pg';
import type { LineageFile } from './lineage-file.ts';
import { shortestRetentionMs } from './prune-journal.ts';

/** What is remembered of a database outside of it, so that one that went back to an earlier point is noticed. */
export interface LineageMark {
  readonly number: number;
  readonly token: string;
  /** How far its log was (`pg_lsn`); null where the server does not tell. */
  readonly position: string | null;
  /** A journal row whose commit was acknowledged, the last of this process, and when (ms); null: none yet. */
  readonly row: { readonly run: string; readonly from: number; readonly checksum: number; readonly at: number } | null;
}

/**
 * Which history of the database this process is in. It is held against the database whenever a connection is made that
 * writes for a worker: a database can go back only while it is away.
 */
export interface Lineage {
  /** Compares on a new connection; begins a new history where the database is not the one that was known. */
  meet(client: pg.Client): Promise<void>;
  /** The log was safe up to here. */
  reached(position: string | null): void;
  /** A commit was acknowledged. */
  committed(commit: Commit, result: CommitResult): void;
  /** Keeps what is known beyond the process. */
  close(): Promise<void>;
}

interface Met {
  readonly number: number;
  readonly token: string;
  readonly position: string | null;
  readonly broken: string | null;
}

/** How long a row is told (ms): its run may be dropped later, when it has long ended. */
const toldForMs = shortestRetentionMs / 2;
/** Time for the comparison, which may have to wait for commits under way (ms). */
export const meetTimeoutMs = 10_000;

/** What this process knows; `file` keeps it beyond the process. */
export function openLineage(log: Log, file?: LineageFile): Lineage {
  let mark: LineageMark | undefined;
  let last: LineageMark['row'] = null;
  let name: string | undefined;

  return {
    async meet(client) {
      name ??= await databaseName(client);
      const known = mark === undefined ? await file?.read(name) : { ...mark, row: last };
      const { number, token, position, broken } = await meet(client, known);
      if (broken !== null) {
        log.warn(
          { lineage: number, reason: broken },
          'The database may have gone back to an earlier point. Pawl asks before it repeats steps that must happen once.',
        );
      }
      if (number !== known?.number) last = null;
      else last ??= known.row;
      mark = { number, token, position, row: last };
      await file?.write(name, mark);
    },
    reached(position) {
      if (mark === undefined || position === null) return;
      mark = { ...mark, position, row: last };
      if (name !== undefined) file?.writeSometimes(name, mark);
    },
    committed(commit, result) {
      // A start that lost to another left no rows.
      const won = commit.journal.findLast(({ run }) => result.lost.every((lost) => lost.run !== run));
      // Not the row itself, whose body may be long.
      if (won !== undefined) last = { run: won.run, from: won.from, checksum: won.checksum, at: Date.now() };
    },
    async close() {
      if (mark !== undefined && name !== undefined) await file?.write(name, { ...mark, row: last });
    },
  };
}

async function meet(client: pg.Client, mark: LineageMark | undefined): Promise<Met> {
  const row = mark?.row ?? null;
  const told = row !== null && Date.now() - row.at < toldForMs ? row : undefined;
  const { rows } = await client.query<Met>(
    `select number, token, log_position::text as position, broken
       from pawl.meet_lineage($1, $2, $3::text::pg_lsn, $4, $5, $6)`,
    [
      mark?.number ?? null,
      mark?.token ?? null,
      mark?.position ?? null,
      told?.run ?? null,
      told?.from ?? null,
      // The column is signed.
      told === undefined ? null : told.checksum | 0,
    ],
  );
  return rows[0] as Met;
}

/** What tells a database from others in the file: the cluster that it is in, and its name. */
async function databaseName(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select coalesce((pawl.surroundings()).system_identifier::text, '') || '/' || current_database() as name`,
  );
  return rows[0]?.name ?? '';
}
