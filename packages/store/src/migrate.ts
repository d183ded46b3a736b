import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PawlError } from '@pawl/core';
import type pg from 'pg';
import { isLockTimeout } from './sql-errors.ts';

/** A numbered, immutable step of the schema. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Advisory lock that one migrating process holds ("PAWL", "migr" in ASCII). */
const migrationLock = [0x5041574c, 0x6d696772] as const;
/** How long a migration waits for a table that is in use before it steps back and lets the others through (ms). */
const lockTimeoutMs = 2_000;
/** Times that a migration is tried against busy tables. */
const lockTries = 30;
const pauseMs = 200;

/** The migrations of this version, in order. */
export async function readMigrations(): Promise<Migration[]> {
  const folder = new URL('./migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => /^\d{4}-.*\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      sql: await readFile(new URL(file, folder), 'utf8'),
    })),
  );
}

/**
 * Brings the schema up to date, on a session of its own: an advisory lock lets one process migrate at a time, and each
 * migration commits with its row, so that a process killed anywhere leaves whole migrations. Throws a PawlError
 * `PAWL_STORE_FOREIGN` or `PAWL_STORE_NEWER`, having changed nothing.
 */
export async function migrate(
  client: pg.Client,
  migrations: readonly Migration[],
  onStep: (name: string) => void = () => {},
): Promise<void> {
  await client.query('select pg_advisory_lock($1, $2)', [...migrationLock]);
  try {
    const done = await appliedMigrations(client, migrations);
    for (const migration of migrations) {
      if (done.has(migration.number)) continue;
      await applyPatiently(client, migration);
      onStep(migration.name);
    }
    await patiently(client, 'select pawl.extend_journal(now())');
  } finally {
    await client.query('select pg_advisory_unlock($1, $2)', [...migrationLock]).catch(() => {});
  }
}

/** Numbers of the migrations that the database has. There may be gaps: numbers are given out before their changes are ready. */
async function appliedMigrations(client: pg.Client, migrations: readonly Migration[]): Promise<ReadonlySet<number>> {
  const { rows: found } = await client.query<{ schema: boolean; table: boolean }>(
    `select to_regnamespace('pawl') is not null as schema, to_regclass('pawl.migration') is not null as table`,
  );
  if (found[0]?.schema !== true) return new Set();
  if (found[0].table !== true) throw foreign('Its schema `pawl` was not made by Pawl.');
  const { rows } = await client.query<{ number: number; name: string }>(
    'select number, name from pawl.migration order by number',
  );
  const names = new Map(migrations.map(({ number, name }) => [number, name]));
  for (const { number, name } of rows) {
    const known = names.get(number);
    if (known === undefined) {
      throw new PawlError(
        'PAWL_STORE_NEWER',
        `The database has the change ${number} (${name}), which this version does not know.`,
      );
    }
    if (known !== name) throw foreign(`Its list of changes has ${number} (${name}).`);
  }
  if (rows.length === 0) throw foreign('Its list of changes is empty.');
  return new Set(rows.map(({ number }) => number));
}

function foreign(detail: string): PawlError {
  return new PawlError(
    'PAWL_STORE_FOREIGN',
    `The database holds tables that are not Pawl’s. ${detail} Nothing was changed.`,
  );
}

async function applyPatiently(client: pg.Client, migration: Migration): Promise<void> {
  await patiently(client, async () => {
    // The table of migrations comes with the first one, so that a schema without it is never ours.
    await client.query(`create schema if not exists pawl;
      create table if not exists pawl.migration (number integer primary key, name text not null, applied_at timestamptz not null default now())`);
    await client.query(migration.sql);
    await client.query('insert into pawl.migration (number, name) values ($1, $2)', [migration.number, migration.name]);
  });
}

/** One transaction, tried again while a table that it needs is in use. */
async function patiently(client: pg.Client, work: string | (() => Promise<void>)): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query('begin');
      await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
      if (typeof work === 'string') await client.query(work);
      else await work();
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback').catch(() => {});
      if (!isLockTimeout(error) || tries === lockTries) throw error;
      await delay(pauseMs);
    }
  }
}
