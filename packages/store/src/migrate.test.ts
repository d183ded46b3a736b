import { createTestDatabase, type TestDatabase } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, type Migration, readMigrations } from './migrate.ts';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('migrations', () => {
  let server: TestServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    database = await createTestDatabase('pawl_store_migrate', server.url);
  });
  afterEach(() => database.drop());

  const migrateWith = async (migrations: readonly Migration[]) => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    try {
      await migrate(client, migrations);
    } finally {
      await client.end().catch(() => {});
    }
  };
  const applied = async () =>
    (await database.query<{ number: number }>('select number from pawl.migration order by number')).map(
      (row) => row.number,
    );

  it('install the schema; a second time they do no harm', async () => {
    const all = await readMigrations();
    await migrateWith(all);
    await migrateWith(all);
    expect(await applied()).toEqual(all.map((migration) => migration.number));
  });

  it('go on where a process was killed, between two of them and inside any one', async () => {
    const all = await readMigrations();
    for (const [i, broken] of all.entries()) {
      const dies = { ...broken, sql: `${broken.sql}; select pg_terminate_backend(pg_backend_pid()); select 1` };
      await expect(migrateWith([...all.slice(0, i), dies])).rejects.toThrow(/terminat/);
      expect(await applied().catch(() => [])).toEqual(all.slice(0, i).map((migration) => migration.number));
    }
    await (await openStore({ url: database.url })).close();
    expect(await applied()).toHaveLength(all.length);
  });

  it('fill a gap that a later one left', async () => {
    const all = await readMigrations();
    const early = { number: 8000, name: 'early', sql: 'create table pawl.early (id integer)' };
    const late = { number: 8001, name: 'late', sql: 'create table pawl.late (id integer)' };
    await migrateWith([...all, late]);
    expect(await applied()).not.toContain(early.number);
    await migrateWith([...all, early, late]);
    expect((await applied()).slice(-2)).toEqual([8000, 8001]);
    expect(await database.query('select id from pawl.early')).toEqual([]);
  });

  it('run once when processes start at the same time', async () => {
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ url: database.url })));
    expect(await applied()).toHaveLength((await readMigrations()).length);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('wait for a table that is in use', async () => {
    const all = await readMigrations();
    await migrateWith(all);
    const user = new pg.Client({ connectionString: database.url });
    await user.connect();
    await user.query('begin');
    await user.query('lock table pawl.flow in access exclusive mode');
    const changed = [...all, { number: 9000, name: 'test-change', sql: 'alter table pawl.flow add column note text' }];
    const done = migrateWith(changed);
    let settled = false;
    void done.finally(() => {
      settled = true;
    });
    await user.query('select pg_sleep(2.5)');
    expect(settled).toBe(false);
    await user.query('commit');
    await user.end();
    await done;
    expect(await applied()).toHaveLength(all.length + 1);
  });

  it('refuse a schema of somebody else, and change nothing in it', async () => {
    await database.query('create schema pawl');
    await database.query('create table pawl.mine (id integer)');
    await expect(openStore({ url: database.url })).rejects.toMatchObject({ code: 'PAWL_STORE_FOREIGN' });
    expect(
      await database.query(
        "select relname from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'pawl'",
      ),
    ).toHaveLength(1);
  });

  it('refuse a list of changes that is not ours', async () => {
    await migrateWith(await readMigrations());
    await database.query("update pawl.migration set name = 'other' where number = 1");
    await expect(openStore({ url: database.url })).rejects.toMatchObject({ code: 'PAWL_STORE_FOREIGN' });
  });

  it('refuse a database of a newer version', async () => {
    await migrateWith(await readMigrations());
    await database.query("insert into pawl.migration (number, name) values (9999, 'from-the-future')");
    await expect(openStore({ url: database.url })).rejects.toMatchObject({ code: 'PAWL_STORE_NEWER' });
  });

  it('keep months of the journal ahead, once each', async () => {
    await migrateWith(await readMigrations());
    const ranges = async () =>
      (
        await database.query<{ name: string }>(
          "select relname as name from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'pawl.journal'::regclass",
        )
      ).map((row) => row.name);
    expect(await ranges()).toHaveLength(4);
    expect(await database.query("select pawl.extend_journal('2100-12-05T00:00:00Z') as made")).toEqual([{ made: 3 }]);
    expect(await database.query("select pawl.extend_journal('2100-12-31T23:59:59Z') as made")).toEqual([{ made: 0 }]);
    expect(await ranges()).toContain('journal_210102');
    const future = '05e58c1f-0000-7000-8000-000000000001';
    await database.query(
      "insert into pawl.journal (run, seq_from, seq_to, checksum, partition, format, body) select $1, 1, 1, 0, 1, 1, '[]'",
      [future],
    );
    const month = `to_timestamp(${Number.parseInt(future.slice(0, 8) + future.slice(9, 13), 16)} / 1000)`;
    expect(await database.query(`select pawl.extend_journal(${month}) as made`), 'rows in the default range').toEqual([
      { made: 2 },
    ]);
    expect(await database.query('select run from pawl.journal where run = $1', [future])).toHaveLength(1);
    const [{ floor } = { floor: '' }] = await database.query<{ floor: string }>(
      "select pawl.run_id_floor('2026-11-24T00:00:00Z') as floor",
    );
    expect(Number.parseInt(floor.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 24));
  });
});
