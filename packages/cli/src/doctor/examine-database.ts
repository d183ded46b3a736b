import { existsSync } from 'node:fs';
import pg from 'pg';
import { openDatabase } from '../engine/database.ts';
import type { Settings } from '../settings.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const connectMs = 10_000;
const oldestServer = 15;
/** Beyond it times in logs mislead; Pawl itself goes by the database's clock. */
const clockToleranceMs = 1_000;
/** A worker whose beat is older than a lease has stopped. */
const leaseMs = 10_000;

/** Looks at the database as it is: it is neither migrated nor joined. */
export async function examineDatabase(settings: Settings): Promise<Finding[]> {
  if (settings.databaseUrl === undefined && !existsSync(settings.dataDir)) {
    return [ok('database', 'there is none yet; the first start makes it')];
  }
  const opened = await openDatabase(settings, 'join');
  try {
    const client = new pg.Client({
      ...(typeof opened.database === 'string' ? { connectionString: opened.database } : opened.database),
      connectionTimeoutMillis: connectMs,
      application_name: 'pawl-doctor',
    });
    await client.connect();
    try {
      return [...(await server(client)), await clock(client), ...(await work(client))];
    } finally {
      await client.end();
    }
  } finally {
    await opened.stop();
  }
}

async function server(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query<Record<'version' | 'fsync' | 'pages' | 'commit', string>>(
    `select current_setting('server_version') as version, current_setting('fsync') as fsync,
       current_setting('full_page_writes') as pages, current_setting('synchronous_commit') as commit`,
  );
  const { version = '', fsync = '', pages = '', commit = '' } = rows[0] ?? {};
  const major = Number.parseInt(version, 10);
  return [
    major >= oldestServer
      ? ok('database', `PostgreSQL ${version}`)
      : fail('database', `PostgreSQL ${version}`, `Pawl needs PostgreSQL ${oldestServer} or newer.`),
    fsync === 'on' && pages === 'on'
      ? ok('durability', 'fsync and full_page_writes are on')
      : fail(
          'durability',
          `fsync is ${fsync}, full_page_writes is ${pages}`,
          'Set both to on: a power cut may lose acknowledged work.',
        ),
    commit === 'off'
      ? warn(
          'commits',
          'synchronous_commit is off for this user',
          'Pawl sets it for itself; other programs of this user may lose their last commits.',
        )
      : ok('commits', `synchronous_commit is ${commit}`),
  ];
}

async function clock(client: pg.Client): Promise<Finding> {
  const before = Date.now();
  const { rows } = await client.query<{ now: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
  );
  const offset = Math.round((rows[0]?.now ?? 0) - (before + Date.now()) / 2);
  const found = `this machine is ${Math.abs(offset)} ms ${offset > 0 ? 'behind' : 'ahead of'} the database`;
  return Math.abs(offset) > clockToleranceMs
    ? warn('clock', found, 'Let both keep their time by NTP.')
    : ok('clock', found);
}

/** Workers, their partitions, and what waits for a person, read from the store's tables without changing them. */
async function work(client: pg.Client): Promise<Finding[]> {
  const known = await client.query<{ found: boolean }>("select to_regclass('pawl.lease') is not null as found");
  if (known.rows[0]?.found !== true) return [ok('workers', 'the schema is not there yet; the first start makes it')];
  const { rows } = await client.query<Record<'owned' | 'alive' | 'questions', number>>(
    `select (select count(*) from pawl.lease where worker is not null)::int as owned,
       (select count(*) from pawl.worker where beat_at > clock_timestamp() - $1 * interval '1 millisecond')::int as alive,
       (select count(*) from pawl.decision where decided_at is null)::int as questions`,
    [leaseMs],
  );
  const { owned = 0, alive = 0, questions = 0 } = rows[0] ?? {};
  return [
    alive === 0
      ? warn('workers', 'no worker is at work, so no run goes on', 'Start Pawl: npm start')
      : ok('workers', `${alive} at work, with ${owned} of 256 partitions`),
    questions === 0
      ? ok('decisions', 'nothing waits for a person')
      : warn('decisions', `${questions} wait for a person`, 'See them with: pawl decide'),
  ];
}
