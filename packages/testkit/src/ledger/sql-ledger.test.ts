import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { createTestDatabase, type TestDatabase, whyNoServer } from '../test-database.ts';
import { effectRows, rowWrites, watchTable } from './sql-ledger.ts';

const missing = await whyNoServer();

describe.skipIf(missing !== undefined)(`a watched table (skipped: ${missing ?? 'no'})`, () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase('pawl_sql_ledger');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });

  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  it('counts the rows that committed statements wrote, and those that an upsert wrote again', async () => {
    await client.query('create table city (name text primary key, size int)');
    await watchTable(client, 'city');
    await watchTable(client, 'city');
    const upsert = `insert into city values ('a', 1), ('b', 2) on conflict (name) do update set size = excluded.size`;
    await client.query(upsert);
    await client.query(upsert);
    await client.query(`begin; insert into city values ('c', 3); rollback`);
    await client.query(`delete from city where name = 'b'`);
    expect(await rowWrites(client, 'city', ['name'])).toEqual({ rows: 1, keys: 1, inserts: 2, updates: 2, deletes: 1 });
  });

  it('stands beside the effect rows, which are counted by their keys', async () => {
    await client.query('create table pawl_effect (key text)');
    await client.query(`insert into pawl_effect values ('a'), ('b'), ('b')`);
    expect(await effectRows(client)).toEqual({ rows: 3, keys: 2 });
  });
});
