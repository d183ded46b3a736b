import type { Commit, CommitResult, JournalRow, Log } from '@pawl/core';
import type pg from 'pg';
import type { LineageFile } from './lineage-file.ts';

/** What is remembered of a database outside of it, so that one that went back to an earlier point is noticed. */
export interface LineageMark {
  readonly number: number;
  readonly token: string;
  /** How far its log was (`pg_lsn`); null where the server does not tell. */
  readonly position: string | null;
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
}

interface Met {
  readonly number: number;
  readonly token: string;
  readonly position: string | null;
  /** A bigint as text; null where the server does not tell. */
  readonly system: string | null;
  readonly broken: string | null;
}

/** Time for the comparison, which may have to wait for commits under way (ms). */
export const meetTimeoutMs = 10_000;

/** What this process knows; `file` keeps it beyond the process. */
export function openLineage(log: Log, file?: LineageFile): Lineage {
  let mark: LineageMark | undefined;
  let last: JournalRow | undefined;
  let name: string | undefined;

  return {
    async meet(client) {
      name ??= await databaseName(client);
      const known = mark ?? (await file?.read(name));
      const { number, token, position, broken } = await meet(client, known, last);
      if (broken !== null) {
        log.warn(
          { lineage: number, reason: broken },
          'The database may have gone back to an earlier point. Pawl asks before it repeats steps that must happen once.',
        );
      }
      if (number !== known?.number) last = undefined;
      mark = { number, token, position };
      await file?.write(name, mark);
    },
    reached(position) {
      if (mark === undefined || position === null) return;
      mark = { ...mark, position };
      if (name !== undefined) file?.writeSometimes(name, mark);
    },
    committed(commit, result) {
      const row = commit.journal.at(-1);
      if (row === undefined) return;
      // A start that lost to another left no rows.
      if (result.lost.length === 0) last = row;
      else last = commit.journal.findLast(({ run }) => result.lost.every((lost) => lost.run !== run)) ?? last;
    },
  };
}

async function meet(client: pg.Client, mark: LineageMark | undefined, last: JournalRow | undefined): Promise<Met> {
  const { rows } = await client.query<Met>(
    `select number, token, log_position::text as position, system_identifier::text as system, broken
       from pawl.meet_lineage($1, $2, $3::text::pg_lsn, $4, $5, $6)`,
    [
      mark?.number ?? null,
      mark?.token ?? null,
      mark?.position ?? null,
      last?.run ?? null,
      last?.from ?? null,
      last === undefined ? null : last.checksum | 0,
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
