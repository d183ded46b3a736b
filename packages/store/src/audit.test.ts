import type { AuditEntry } from '@pawl/core';
import { createTestDatabase, type TestDatabase } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type PawlStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('the audit trail', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: PawlStore;
  let workspace = 'none';
  let next = 0;
  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_audit', server.url);
    store = await openStore({ url: database.url });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
    await server.stop();
  });
  beforeEach(() => {
    next += 1;
    workspace = `space-${next}`;
  });

  const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
    ...{ workspace, at: 1_000 + n, by: 'ada', act: 'token.add', object: `token/t${n}`, after: { n } },
    ...more,
  });
  /** A token is the simplest act that leaves an entry. */
  const act = (n: number, more: Partial<AuditEntry> = {}): Promise<boolean> =>
    store.tokens.add(
      { name: `t${n}`, role: 'viewer', hash: Buffer.from(`${workspace} ${n}`), expiresAt: null },
      entry(n, more),
    );
  const fill = async (count: number): Promise<void> => {
    for (let n = 1; n <= count; n += 1) await act(n);
  };
  const list = (more: { since?: number; cursor?: string | null; limit?: number } = {}) =>
    store.audit.list({ workspace, cursor: null, limit: 100, ...more });
  /** Changes rows as somebody does who owns the database. */
  const tamper = async (sql: string): Promise<void> => {
    await database.query(
      `begin; alter table pawl.audit disable trigger only_added;
       ${sql.replaceAll('OURS', `workspace = (select id from pawl.workspace where name = '${workspace}')`)};
       alter table pawl.audit enable trigger only_added; commit`,
    );
  };
  const broken = async () => (await store.audit.verify(workspace)).broken;

  it('holds what was done, the newest first, a page at a time', async () => {
    await fill(5);
    const first = await list({ limit: 2 });
    expect(first.items.map(({ seq, at, by, object, after }) => [seq, at, by, object, after])).toEqual([
      [5, 1_005, 'ada', 'token/t5', '{"n":5}'],
      [4, 1_004, 'ada', 'token/t4', '{"n":4}'],
    ]);
    const second = await list({ limit: 2, cursor: first.next });
    expect(second.items.map(({ seq }) => seq)).toEqual([3, 2]);
    expect((await list({ since: 1_004 })).items.map(({ seq }) => seq)).toEqual([5, 4]);
    await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'PAWL_REQUEST_INVALID' });
  });

  it('verifies, whatever is in its texts', async () => {
    expect(await store.audit.verify(workspace)).toMatchObject({ rows: 0, broken: undefined });
    await act(1, { reason: 'naïve — 3:abc,-,', before: null, after: { text: 'nul \u0000 and \ud800' } });
    await act(2, { reason: '' });
    expect(await store.audit.verify(workspace)).toMatchObject({ rows: 2, broken: undefined });
    expect((await list()).items.map(({ reason }) => reason)).toEqual(['', 'naïve — 3:abc,-,']);
  });

  it('has nothing of an act that was not done', async () => {
    expect(await act(1)).toBe(true);
    expect(await act(1)).toBe(false);
    expect(await store.tokens.revoke('nobody', entry(2))).toBe(false);
    expect((await list()).items).toHaveLength(1);
  });

  it('has no act without its entry: where that cannot be written, nothing is done', async () => {
    await act(1);
    await database.query(
      `create function pawl.fail() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$;
       create trigger fails before insert on pawl.audit for each row when (new.reason = 'fails') execute function pawl.fail()`,
    );
    await expect(act(2, { reason: 'fails' })).rejects.toThrow(/disk full/);
    expect(await store.tokens.get(workspace, 't2')).toBeUndefined();
    expect(await act(2)).toBe(true);
    expect(await store.audit.verify(workspace)).toMatchObject({ rows: 2, broken: undefined });
  });

  it('stays one chain when many add to it at once, in several processes', async () => {
    const other = await openStore({ url: database.url });
    const add = (n: number) => {
      const { tokens } = n % 2 === 0 ? store : other;
      return tokens.add(
        { name: `c${n}`, role: 'viewer', hash: Buffer.from(`${workspace} c${n}`), expiresAt: null },
        entry(n),
      );
    };
    try {
      await Promise.all(Array.from({ length: 60 }, (_, n) => add(n)));
    } finally {
      await other.close();
    }
    expect(await store.audit.verify(workspace)).toMatchObject({ rows: 60, broken: undefined });
    const objects = (await list()).items.map(({ object }) => object);
    expect(new Set(objects).size).toBe(60);
  });

  it('goes on where a session was killed while it added a row, and holds no half of it', async () => {
    await act(1);
    // The head is held by a transaction, so that an act waits in the midst of its statement.
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query(
      `select from pawl.audit_head where workspace = (select id from pawl.workspace where name = '${workspace}') for update`,
    );
    const doomed = act(2).then(
      () => 'done',
      () => 'killed',
    );
    const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%append_audit%'`;
    let pids: { pid: number }[] = [];
    while (pids.length === 0) ({ rows: pids } = await holder.query<{ pid: number }>(waiting));
    await holder.query(`select pg_terminate_backend(${pids[0]?.pid})`);
    expect(await doomed).toBe('killed');
    await holder.query('rollback');
    await holder.end();
    expect(await store.tokens.get(workspace, 't2')).toBeUndefined();
    await act(3);
    expect(await store.audit.verify(workspace)).toMatchObject({ rows: 2, broken: undefined });
  });

  it('is only added to', async () => {
    await act(1);
    for (const statement of ["update pawl.audit set by = 'x'", 'delete from pawl.audit', 'truncate pawl.audit'])
      await expect(database.query(statement)).rejects.toThrow(/only added/);
  });

  it.each(['at', 'by', 'act', 'object', 'reason', 'before', 'after', 'hash'])(
    'shows that the %s of a row was changed',
    async (column) => {
      await fill(4);
      const value = { at: '5', hash: `'\\x00'` }[column] ?? `'{"n":9}'`;
      await tamper(`update pawl.audit set ${column} = ${value} where seq = 2 and OURS`);
      expect(await broken()).toMatchObject({ seq: 2 });
    },
  );

  it('shows that a row was taken out, in the midst or at either end', async () => {
    for (const seq of [1, 3, 5]) {
      next += 1;
      workspace = `gone-${next}`;
      await fill(5);
      await tamper(`delete from pawl.audit where seq = ${seq} and OURS`);
      expect(await broken()).toMatchObject({ seq });
    }
  });

  it('shows that a row was put in, between others or after the last', async () => {
    await fill(3);
    const copy = (seq: string) =>
      `insert into pawl.audit select ${seq}, at, workspace, 'eve', act, object, reason, before, after, hash from pawl.audit where seq = 2 and OURS`;
    await tamper(copy('4'));
    expect(await broken()).toMatchObject({ seq: 4, detail: expect.stringContaining('put in') });
    await tamper(`delete from pawl.audit where seq = 4 and OURS;
      update pawl.audit set seq = seq + 1 where seq = 3 and OURS; ${copy('3')};
      update pawl.audit_head set seq = 4 where OURS`);
    expect(await broken()).toMatchObject({ seq: 3 });
  });

  it('shows that rows were exchanged, or come from another workspace', async () => {
    await fill(3);
    await tamper(`update pawl.audit set seq = 10 where seq = 2 and OURS; update pawl.audit set seq = 2 where seq = 3 and OURS;
      update pawl.audit set seq = 3 where seq = 10 and OURS`);
    expect(await broken()).toMatchObject({ seq: 2 });
    const before = workspace;
    workspace = `${workspace}-b`;
    await fill(3);
    await tamper(`delete from pawl.audit where OURS;
      update pawl.audit set workspace = (select id from pawl.workspace where name = '${workspace}')
        where workspace = (select id from pawl.workspace where name = '${before}')`);
    expect(await broken()).toMatchObject({ seq: 1 });
  });

  it('shows by a hash noted elsewhere that it was written anew as a whole', async () => {
    await fill(3);
    const { hash } = await store.audit.verify(workspace);
    await act(4);
    expect((await store.audit.verify(workspace, { seq: 3, hash })).broken).toBeUndefined();
    await tamper('delete from pawl.audit where OURS; delete from pawl.audit_head where OURS');
    for (let n = 5; n <= 8; n += 1) await act(n);
    expect((await store.audit.verify(workspace)).broken).toBeUndefined();
    expect((await store.audit.verify(workspace, { seq: 3, hash })).broken).toMatchObject({ seq: 3 });
    expect((await store.audit.verify(workspace, { seq: 9, hash })).broken).toMatchObject({ seq: 5 });
  });
});
