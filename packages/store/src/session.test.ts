import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from './embedded/index.ts';
import { freePort } from './free-port.fixture.ts';
import { type ConnectionConfig, connectSession, endQuietly, type SessionRole } from './session.ts';

/** The shortest of the times that a session's settings must stay below (ms). */
const lease = 10_000;
/** What a database may have been told, that would break the commit protocol or slow it down. */
const hostile = [
  "default_transaction_isolation = 'serializable'",
  'synchronous_commit = off',
  'default_transaction_read_only = on',
  'search_path = elsewhere',
  "timezone = 'Asia/Tokyo'",
  'idle_in_transaction_session_timeout = 0',
  'transaction_timeout = 0',
  'statement_timeout = 7000',
];

describe('every session, on PostgreSQL 18 by TCP', () => {
  let folder: string;
  let server: Embedded;
  let config: ConnectionConfig;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-session-'));
    const port = await freePort();
    server = await startEmbedded({ dataDir: folder, claim: 'own', port });
    const { user, password, database } = server.poolConfig;
    config = { client: { host: '127.0.0.1', port, user, password, database } };
    const client = await connectSession(config, 'migrate');
    for (const setting of hostile) await client.query(`alter database ${database} set ${setting}`);
    await endQuietly(client);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const settingsOf = async (role: SessionRole): Promise<Record<string, string>> => {
    const client: pg.Client = await connectSession(config, role);
    const { rows } = await client.query<{ name: string; value: string }>(
      `select name, case unit when 's' then (setting::bigint * 1000)::text else setting end as value from pg_settings`,
    );
    await endQuietly(client);
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  };

  for (const role of ['commit', 'beat', 'reads', 'migrate'] as const) {
    it(`for ${role} has its own settings, whatever the database was told`, async () => {
      const settings = await settingsOf(role);
      expect(settings).toMatchObject({
        default_transaction_isolation: 'read committed',
        synchronous_commit: 'on',
        default_transaction_read_only: 'off',
        search_path: '""',
        TimeZone: 'UTC',
      });
      expect(Number(settings['tcp_user_timeout'])).toBeGreaterThan(0);
      expect(Number(settings['tcp_user_timeout'])).toBeLessThan(lease);
      expect(Number(settings['statement_timeout'])).not.toBe(7000);
    });
  }

  for (const role of ['commit', 'beat'] as const) {
    it(`for ${role} ends with a transaction that outlasts a lease, or in which nothing happens`, async () => {
      const settings = await settingsOf(role);
      for (const name of ['idle_in_transaction_session_timeout', 'transaction_timeout']) {
        expect(Number(settings[name]), name).toBeGreaterThan(0);
        expect(Number(settings[name]), name).toBeLessThan(lease);
      }
    });
  }
});
