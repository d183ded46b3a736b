import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ActionRequest, Actions, Json, JsonObject } from '@pawl/core';
import { createTestDatabase, waitUntil, whyNoServer } from '@pawl/testkit';
import type { TestDatabase } from '@pawl/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { attempt, makeActions, requestFor, TestCancellation, TestLog } from '../actions.fixture.ts';
import { createConnections } from '../connections/connections.ts';
import type { PostgresDefinition } from '../connections/connections.ts';

const noServer = await whyNoServer();

describe.skipIf(noServer !== undefined)(
  `sql on PostgreSQL${noServer === undefined ? '' : ` (skipped: ${noServer})`}`,
  () => {
    let database: TestDatabase;
    let definition: PostgresDefinition;
    let actions: Actions & { close(): Promise<void> };
    let keys = 0;
    const closers: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      database = await createTestDatabase('actions_sql');
      const url = new URL(database.url);
      definition = {
        kind: 'postgres',
        host: url.hostname,
        port: Number(url.port || 5432),
        user: decodeURIComponent(url.username),
        database: url.pathname.slice(1),
        allow: `${url.hostname}:${url.port || 5432}`,
        tls: 'off',
        ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      };
      actions = makeActions({ connections: createConnections({ db: definition }) });
      await database.query(
        'create table item (id int primary key, name text, price numeric, tags text[], extra jsonb, at timestamptz)',
      );
      await database.query('create table pair (a text, b text, n int default 7, primary key (a, b))');
      await database.query('create table loose (id int, name text)');
      await database.query('create schema shop; create table shop."Odd ""Name""" ("Key" int primary key, "from" text)');
      await database.query('create table counter (id int primary key, n int); insert into counter values (1, 0)');
    });
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    afterAll(async () => {
      await actions.close();
      await database.drop();
    });

    const nextKey = (): string => `key-${++keys}`;
    const query = (sql: string, params: Json[] = [], more: Partial<ActionRequest> = {}) =>
      attempt(actions, requestFor('sql.query', { connection: 'db', sql, params }, more));
    const executing = (args: JsonObject, more: Partial<ActionRequest> = {}): ActionRequest =>
      requestFor('sql.execute', { connection: 'db', ...args }, { guarantee: 'transactional', key: nextKey(), ...more });
    const execute = (sql: string, params: Json[] = [], more: Partial<ActionRequest> = {}) =>
      attempt(actions, executing({ sql, params }, more));
    const upsert = (table: string, key: string[], rows: Json[], more: Partial<ActionRequest> = {}) =>
      attempt(
        actions,
        requestFor(
          'sql.upsert',
          { connection: 'db', table, key, rows },
          { guarantee: 'transactional', key: nextKey(), ...more },
        ),
      );
    const counter = async (): Promise<number> =>
      (await database.query<{ n: number }>('select n from counter'))[0]?.n ?? -1;
    const effectsOf = async (key: string): Promise<number> =>
      (await database.query('select 1 from pawl_effect where key = $1', [key])).length;
    const count = 'update counter set n = n + 1 where id = 1';

    describe('sql.query', () => {
      test('returns rows as JSON, no digit of a number lost', async () => {
        const { outcome } = await query(
          `select 1::int2 a, 2::int8 b, 12345678901234567890::numeric c, 1.50::numeric d, 9007199254740993::int8 e, 1.5::float8 f, 'NaN'::float8 g, true h, null i,
          '2026-11-24 17:00:00.5+00'::timestamptz at time zone 'UTC' j, '2026-11-24'::date k, '{"a":[1]}'::jsonb l, array[1,null]::int8[] m, array['a','b,"c']::text[] n, '\\x01ff'::bytea o, $1::text p, $2::int[] q, $3::jsonb r`,
          ['ü', [1, 2], { x: 1 }],
        );
        expect(outcome).toEqual({
          kind: 'completed',
          output: [
            {
              a: 1,
              b: 2,
              c: '12345678901234567890',
              d: 1.5,
              e: '9007199254740993',
              f: 1.5,
              g: 'NaN',
              h: true,
              i: null,
              j: '2026-11-24T17:00:00.5',
              k: '2026-11-24',
              l: { a: [1] },
              m: [1, null],
              n: ['a', 'b,"c'],
              o: 'Af8=',
              p: 'ü',
              q: [1, 2],
              r: { x: 1 },
            },
          ],
        });
        expect((await query("select '2026-11-24 17:00:00+00'::timestamptz as at")).outcome).toMatchObject({
          output: [{ at: expect.stringMatching(/^2026-11-2\dT\d\d:\d\d:00(Z|[+-]\d\d:\d\d)$/) as string }],
        });
      });

      test('cannot change anything', async () => {
        for (const sql of [
          count,
          'insert into counter values (2, 0)',
          'with x as (delete from counter returning 1) select * from x',
          'create table nope (a int)',
          "select nextval(pg_get_serial_sequence('counter','id')), setval('nope', 1)",
        ]) {
          expect((await query(sql)).outcome).toMatchObject({ kind: 'terminal' });
        }
        expect(await counter()).toBe(0);
      });

      test.each([
        'commit',
        ' /* a /* b */ */ -- c\n ROLLBACK',
        'begin',
        ';commit',
        'set search_path to x',
        'copy counter to stdout',
        'start transaction',
        "prepare transaction 'x'",
        '',
      ])('refuses %j, which would end or change the session', async (sql) => {
        const { outcome, left } = await query(sql);
        expect(left).toBe(0);
        expect(outcome).toMatchObject({
          kind: 'terminal',
          error: { type: expect.stringMatching(/validation$/) as string },
        });
      });

      test('refuses two statements in one', async () => {
        expect((await query('select 1; select 2')).outcome).toMatchObject({
          kind: 'terminal',
          error: { detail: expect.stringContaining('42601') as string },
        });
      });

      test('more rows or characters than a step may hold are cut off, and the next query works', async () => {
        expect((await query('select generate_series(1, 10000) as n')).outcome).toMatchObject({ kind: 'completed' });
        expect((await query('select generate_series(1, 100000000) as n')).outcome).toMatchObject({
          kind: 'terminal',
          error: { code: 'PAWL_RESPONSE_LIMIT' },
        });
        expect((await query("select repeat('x', 1000000) as x from generate_series(1, 1000)")).outcome).toMatchObject({
          kind: 'terminal',
          error: { code: 'PAWL_RESPONSE_LIMIT' },
        });
        expect((await query('select 1 as one')).outcome).toMatchObject({ output: [{ one: 1 }] });
      });

      test('a deadline cancels the query in the database too', async () => {
        const cancellation = new TestCancellation();
        const ending = attempt(
          actions,
          requestFor('sql.query', { connection: 'db', sql: 'select pg_sleep(600) /* long one */' }),
          cancellation,
        );
        const running = async () =>
          (
            await database.query(
              "select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query like '%long one%' and pid <> pg_backend_pid()",
            )
          ).length;
        await waitUntil('it runs', async () => (await running()) === 1);
        cancellation.cancel();
        expect(await ending).toMatchObject({ outcome: { kind: 'ambiguous', error: { status: 408 } } });
        await waitUntil('the database has stopped it', async () => (await running()) === 0);
      });
    });

    describe('sql.execute', () => {
      test('changes data and says how many rows', async () => {
        const before = await counter();
        expect(await execute(count)).toEqual({ left: 1, outcome: { kind: 'completed', output: { rowCount: 1 } } });
        expect(await counter()).toBe(before + 1);
      });

      test('a repeat of the key is answered with the recorded result and changes nothing', async () => {
        const before = await counter();
        const request = executing({ sql: count });
        await attempt(actions, request);
        expect(await attempt(actions, { ...request, attempt: 2 })).toEqual({
          left: 0,
          outcome: { kind: 'completed', output: { rowCount: 1 }, already: true },
        });
        expect(await counter()).toBe(before + 1);
      });

      test('a key that was used for another request is refused', async () => {
        const before = await counter();
        const key = nextKey();
        await execute(count, [], { key });
        expect((await execute('update counter set n = n + 100', [], { key })).outcome).toMatchObject({
          kind: 'terminal',
          error: { status: 409, detail: expect.stringContaining(key) as string },
        });
        expect(await counter()).toBe(before + 1);
      });

      test('twenty rivals with one key apply it once', async () => {
        const before = await counter();
        const others = [
          makeActions({ connections: createConnections({ db: definition }) }),
          makeActions({ connections: createConnections({ db: definition }) }),
        ];
        closers.push(...others.map((each) => () => each.close()));
        const request = executing({ sql: count });
        const ends = await Promise.all(
          Array.from({ length: 20 }, (_, index) => attempt(others[index % 2] ?? actions, request)),
        );
        expect(ends.every(({ outcome }) => outcome.kind === 'completed')).toBe(true);
        expect(ends.filter(({ outcome }) => outcome.kind === 'completed' && outcome.already !== true).length).toBe(1);
        expect(await counter()).toBe(before + 1);
      });

      test('a rival waits for the first, and does the work when the first is rolled back', async () => {
        const before = await counter();
        const request = executing({ sql: 'select 1 / (select n - $1 from counter), pg_sleep(0)', params: [before] });
        const slow = executing(
          { sql: 'update counter set n = n + 1 from pg_sleep(600) /* first rival */' },
          { key: request.key },
        );
        const cancellation = new TestCancellation();
        const first = attempt(actions, slow, cancellation);
        await waitUntil(
          'the first has the key',
          async () =>
            (
              await database.query(
                "select 1 from pg_stat_activity where datname = current_database() and query like '%first rival%' and state = 'active' and pid <> pg_backend_pid()",
              )
            ).length === 1,
        );
        const second = attempt(actions, executing({ sql: count }, { key: request.key }));
        await waitUntil(
          'the second waits',
          async () =>
            (
              await database.query(
                "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into %pawl_effect%'",
              )
            ).length === 1,
        );
        cancellation.cancel();
        expect((await first).outcome).toEqual({ kind: 'cancelled' });
        expect((await second).outcome).toEqual({ kind: 'completed', output: { rowCount: 1 } });
        expect(await counter()).toBe(before + 1);
      });

      test('a session killed between effect row and commit leaves neither, and the resend does both', async () => {
        const before = await counter();
        const request = executing({
          sql: 'update counter set n = n + 1 from pg_sleep($1) /* to be killed */',
          params: [600],
        });
        const first = attempt(actions, request);
        const victim =
          "select pid from pg_stat_activity where datname = current_database() and query like '%to be killed%' and state = 'active' and pid <> pg_backend_pid()";
        await waitUntil('it runs', async () => (await database.query(victim)).length === 1);
        await database.query(`select pg_terminate_backend(pid) from (${victim}) as v`);
        expect(await first).toMatchObject({ left: 0, outcome: { kind: 'retryable', left: false } });
        expect([await counter(), await effectsOf(request.key)]).toEqual([before, 0]);
        await execute(count, [], { key: request.key });
        expect([await counter(), await effectsOf(request.key)]).toEqual([before + 1, 1]);
      });

      test.each([
        ['the reply to COMMIT is lost after it happened', true],
        ['COMMIT is lost on its way', false],
      ])('%s: ambiguous, and the resend by key finds or does it', async (_name, delivered) => {
        const before = await counter();
        const proxy = await lossyProxy(definition, delivered);
        closers.push(proxy.close);
        const broken = makeActions({
          connections: createConnections({
            db: { ...definition, host: '127.0.0.1', port: proxy.port, allow: `127.0.0.1:${proxy.port}` },
          }),
        });
        closers.push(() => broken.close());
        await execute(count.replace('+ 1', '+ 0'));
        const request = executing({ sql: count });
        expect(await attempt(broken, request)).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
        await waitUntil(
          'the database has finished',
          async () =>
            (
              await database.query(
                "select 1 from pg_stat_activity where datname = current_database() and application_name = 'pawl' and state <> 'idle'",
              )
            ).length === 0,
        );
        expect(await counter()).toBe(delivered ? before + 1 : before);
        expect((await attempt(actions, { ...request, attempt: 2 })).outcome).toEqual({
          kind: 'completed',
          output: { rowCount: 1 },
          ...(delivered ? { already: true } : {}),
        });
        expect(await counter()).toBe(before + 1);
      });

      test('a statement that fails changes nothing, leaves no effect row, and says why', async () => {
        const cases: readonly [string, Json[], string, string][] = [
          ['insert into counter values (1, 5)', [], 'validation', '23505'],
          ['update counter set n = $1::text::int', ['x'], 'validation', '22P02'],
          ['update nowhere set n = 1', [], 'configuration', '42P01'],
          ['updat counter', [], 'configuration', '42601'],
          ['vacuum counter', [], 'communication', '25001'],
        ];
        for (const [sql, params, kind, state] of cases) {
          const request = executing({ sql, params });
          const { outcome, left } = await attempt(actions, request);
          expect(left).toBe(0);
          expect(outcome).toMatchObject({
            kind: 'terminal',
            error: {
              type: expect.stringMatching(`${kind}$`) as string,
              detail: expect.stringContaining(state) as string,
            },
          });
          expect(await effectsOf(request.key)).toBe(0);
        }
      });

      test('a constraint that is checked at COMMIT is an answer, not an unknown outcome', async () => {
        await database.query(
          'create table if not exists parent (id int primary key); create table if not exists child (id int references parent deferrable initially deferred)',
        );
        const request = executing({ sql: 'insert into child values (1)' });
        expect((await attempt(actions, request)).outcome).toMatchObject({
          kind: 'terminal',
          error: { detail: expect.stringContaining('23503') as string },
        });
        expect(await effectsOf(request.key)).toBe(0);
      });

      test('a temporary table named like that of the effects takes nothing of it', async () => {
        const before = await counter();
        const shadow =
          'create temp table pawl_effect (key text primary key, hash text not null, result text, at timestamptz not null default now())';
        expect((await execute(shadow)).outcome).toMatchObject({ kind: 'completed' });
        const request = executing({ sql: count });
        await attempt(actions, request);
        expect(await effectsOf(request.key)).toBe(1);
        await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'pawl'",
        );
        const other = makeActions({ connections: createConnections({ db: definition }) });
        closers.push(() => other.close());
        expect((await attempt(other, { ...request, attempt: 2 })).outcome).toMatchObject({ already: true });
        expect(await counter()).toBe(before + 1);
      });

      test.each([
        ['sql.execute', (sql: string) => execute(sql)],
        ['sql.query', (sql: string) => query(sql)],
      ])('what %s leaves in its session is gone for the next: settings, locks, tables', async (_name, run) => {
        const single = "set_config('pawl.left', 'here', false), pg_advisory_lock(4711)";
        expect((await run(`select ${single}`)).outcome).toMatchObject({ kind: 'completed' });
        await execute('create temp table left_here (a int)');
        const { outcome } = await query(
          `select coalesce(current_setting('pawl.left', true), '') as setting, to_regclass('left_here')::text as "table",
          (select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4711) as locks`,
        );
        expect(outcome).toEqual({ kind: 'completed', output: [{ setting: '', table: null, locks: 0 }] });
      });

      test('the table of effects is made on demand by whoever comes first, and again if it was dropped', async () => {
        const own = await createTestDatabase('actions_effect');
        closers.push(() => own.drop());
        const ports = [1, 2, 3].map(() =>
          makeActions({
            connections: createConnections({ db: { ...definition, database: new URL(own.url).pathname.slice(1) } }),
          }),
        );
        await own.query('create table counter (id int primary key, n int); insert into counter values (1, 0)');
        const ends = await Promise.all(ports.map((port) => attempt(port, executing({ sql: count }))));
        expect(ends.map(({ outcome }) => outcome.kind)).toEqual(['completed', 'completed', 'completed']);
        await own.query('drop table pawl_effect');
        const request = executing({ sql: count });
        const [port] = ports;
        expect((await attempt(port ?? actions, request)).outcome).toMatchObject({ kind: 'retryable', left: false });
        expect((await attempt(port ?? actions, request)).outcome).toMatchObject({ kind: 'completed' });
        await Promise.all(ports.map((each) => each.close()));
      });
    });

    describe('sql.upsert', () => {
      test('inserts, then updates by the key, with the types of the table', async () => {
        const row = (id: Json, name: Json) => ({
          id,
          name,
          price: '1.10',
          tags: ['a', 'b'],
          extra: { x: [1] },
          at: '2026-11-24T17:00:00Z',
        });
        expect(await upsert('item', ['id'], [row(1, 'a'), row('2', 'b')])).toEqual({
          left: 1,
          outcome: { kind: 'completed', output: { rowCount: 2, duplicates: 0 } },
        });
        expect((await upsert('item', ['id'], [row(2, null), row(3, 'c')])).outcome).toMatchObject({
          output: { rowCount: 2 },
        });
        const rows = await database.query(
          "select id, name, price::text, tags, extra, at = '2026-11-24T17:00:00Z' as at from item order by id",
        );
        expect(rows).toEqual([
          { id: 1, name: 'a', price: '1.10', tags: ['a', 'b'], extra: { x: [1] }, at: true },
          { id: 2, name: null, price: '1.10', tags: ['a', 'b'], extra: { x: [1] }, at: true },
          { id: 3, name: 'c', price: '1.10', tags: ['a', 'b'], extra: { x: [1] }, at: true },
        ]);
      });

      test('of rows with the same key the last one counts, by the equality of the database', async () => {
        const { outcome } = await upsert(
          'item',
          ['id'],
          [
            { id: 10, name: 'first' },
            { id: 11, name: 'x' },
            { id: '10', name: 'second' },
            { name: 'last', id: 10 },
          ],
        );
        expect(outcome).toEqual({ kind: 'completed', output: { rowCount: 2, duplicates: 2 } });
        expect(await database.query('select name from item where id = 10')).toEqual([{ name: 'last' }]);
      });

      test('leaves columns that are not given alone', async () => {
        await upsert('pair', ['a', 'b'], [{ a: 'x', b: 'y' }]);
        expect(
          (
            await upsert(
              'pair',
              ['a', 'b'],
              [
                { a: 'x', b: 'y' },
                { a: 'x', b: 'z' },
              ],
            )
          ).outcome,
        ).toMatchObject({ output: { rowCount: 2, duplicates: 0 } });
        expect(await database.query('select a, b, n from pair order by b')).toEqual([
          { a: 'x', b: 'y', n: 7 },
          { a: 'x', b: 'z', n: 7 },
        ]);
      });

      test('names are names, whatever they hold', async () => {
        expect(
          (await upsert('shop.Odd "Name"', ['Key'], [{ Key: 1, from: "x'; drop table item; --" }])).outcome,
        ).toMatchObject({ kind: 'completed' });
        for (const table of [
          'item; drop table item',
          'item" ("id") values (1); --',
          'a.b.c',
          '',
          'x'.repeat(64),
          'nowhere',
          'item\u0000',
        ]) {
          expect((await upsert(table, ['id'], [{ id: 1 }])).outcome).toMatchObject({
            kind: 'terminal',
            error: { type: expect.stringMatching(/(validation|configuration)$/) as string },
          });
        }
        expect((await upsert('item', ['id'], [{ id: 1, 'name") select 1; --': 1 }])).outcome).toMatchObject({
          kind: 'terminal',
          error: { detail: expect.stringContaining('42703') as string },
        });
        expect((await upsert('item', ['id" , "name'], [{ id: 1, 'id" , "name': 1 }])).outcome).toMatchObject({
          kind: 'terminal',
        });
        expect((await database.query('select 1 from item')).length).toBeGreaterThan(0);
      });

      test.each<[string, Json[], RegExp]>([
        ['other columns', [{ id: 1, name: 'a' }, { id: 2 }], /Row 2 has other columns.*name is missing/],
        ['more columns', [{ id: 1 }, { id: 2, name: 'a' }], /Row 2 has other columns.*name is not in row 1/],
        ['no key', [{ name: 'a' }], /Row 1 has no value for the key column id/],
        ['an empty key', [{ id: 1 }, { id: null }], /Row 2 has no value for the key column id/],
        ['a value of another type', [{ id: 'seven' }], /22P02/],
        ['a character that text cannot hold', [{ id: 1, name: 'a\u0000b' }], /22P05/],
      ])('%s: refused, nothing changed', async (_name, rows, message) => {
        const { outcome, left } = await upsert('item', ['id'], rows);
        expect(left).toBe(0);
        expect(outcome).toMatchObject({
          kind: 'terminal',
          error: {
            type: expect.stringMatching(/validation$/) as string,
            detail: expect.stringMatching(message) as string,
          },
        });
      });

      test('a key without a unique index is explained', async () => {
        expect((await upsert('loose', ['id'], [{ id: 1 }])).outcome).toMatchObject({
          kind: 'terminal',
          error: { detail: expect.stringContaining('needs a unique index') as string },
        });
      });

      test('no rows are no work', async () => {
        expect((await upsert('item', ['id'], [])).outcome).toEqual({
          kind: 'completed',
          output: { rowCount: 0, duplicates: 0 },
        });
      });

      test('goes by the names of columns: a table that was made anew in another order gets nothing mixed up', async () => {
        const rows = [{ id: 'i', name: 'n' }];
        await database.query('create table moving (id text primary key, name text)');
        await upsert('moving', ['id'], rows);
        await database.query(
          'drop table moving; create table moving (name text, each text, place text, id text primary key)',
        );
        expect((await upsert('moving', ['id'], rows)).outcome).toMatchObject({ kind: 'completed' });
        expect(await database.query('select id, name from moving')).toEqual(rows);
      });

      test('pages with rows in common, in any order, do not deadlock', async () => {
        const ids = Array.from({ length: 200 }, (_, index) => index + 1_000);
        const pages = Array.from({ length: 12 }, (_, page) =>
          (page % 2 === 0 ? ids : [...ids].reverse()).map((id) => ({ id, name: `p${page}` })),
        );
        const ends = await Promise.all(pages.map((rows) => upsert('item', ['id'], rows)));
        expect(ends.map(({ outcome }) => outcome.kind)).toEqual(pages.map(() => 'completed'));
      });
    });

    describe('a connection', () => {
      test('that nobody defined, or that is closed to the flow, is refused', async () => {
        expect(
          (await attempt(actions, requestFor('sql.query', { connection: 'nope', sql: 'select 1' }))).outcome,
        ).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_CONNECTION_UNKNOWN' } });
        const closed = makeActions({ connections: createConnections({ db: { ...definition, flows: ['other/*'] } }) });
        closers.push(() => closed.close());
        for (const action of ['sql.query', 'sql.execute']) {
          expect(
            (await attempt(closed, requestFor(action, { connection: 'db', sql: 'select 1' }))).outcome,
          ).toMatchObject({
            kind: 'terminal',
            error: { type: expect.stringMatching(/authorization$/) as string, status: 403 },
          });
        }
      });

      test('to a private address needs leave, and never reaches Pawl’s own database', async () => {
        const { allow: _allow, ...unallowed } = definition;
        const refused = makeActions({ connections: createConnections({ db: unallowed }) });
        const own = makeActions({
          allowNets: '127.0.0.0/8 ::1',
          denyEndpoints: [{ host: definition.host, port: definition.port }],
          connections: createConnections({ db: definition }),
        });
        closers.push(
          () => refused.close(),
          () => own.close(),
        );
        for (const port of [refused, own]) {
          expect(await attempt(port, executing({ sql: count }))).toMatchObject({
            left: 0,
            outcome: { kind: 'terminal', error: { code: 'PAWL_EGRESS' } },
          });
        }
      });

      test('to a database that is not there is retryable: nothing left; no password in error or log', async () => {
        const log = new TestLog();
        const gone = makeActions({
          log,
          connections: createConnections({
            db: { ...definition, host: '127.0.0.1', port: 1, allow: '127.0.0.1:1', password: 'hunter2' },
          }),
        });
        const missing = makeActions({
          log,
          connections: createConnections({ db: { ...definition, database: 'no_such_database', password: 'hunter2' } }),
        });
        closers.push(
          () => gone.close(),
          () => missing.close(),
        );
        const ends = [
          await attempt(gone, executing({ sql: count })),
          await attempt(missing, executing({ sql: count })),
        ];
        expect(ends).toMatchObject([
          { left: 0, outcome: { kind: 'retryable', left: false } },
          {
            left: 0,
            outcome: { kind: 'terminal', error: { type: expect.stringMatching(/configuration$/) as string } },
          },
        ]);
        expect(JSON.stringify([ends, log.lines])).not.toContain('hunter2');
      });

      test('that wants TLS where there is none sends nothing without it', async (context) => {
        const [server] = await database.query<{ ssl: string }>('show ssl');
        if (server?.ssl === 'on') context.skip('this server offers TLS');
        const secure = makeActions({ connections: createConnections({ db: { ...definition, tls: 'verify' } }) });
        closers.push(() => secure.close());
        expect(await attempt(secure, executing({ sql: count }))).toMatchObject({
          left: 0,
          outcome: { kind: 'terminal', error: { detail: expect.stringContaining('does not offer TLS') as string } },
        });
      });

      test('that breaks while it is idle does not end the process, and the next call works', async () => {
        await query('select 1');
        await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'pawl'",
        );
        await waitUntil('a call works again', async () => (await query('select 1')).outcome.kind === 'completed');
        expect((await execute(count)).outcome).toMatchObject({ kind: 'completed' });
      });
    });
  },
);

/** A proxy to the database that loses the reply to COMMIT, or COMMIT itself, and then the connection. */
async function lossyProxy(
  target: PostgresDefinition,
  delivered: boolean,
): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    let lost = false;
    client.on('data', (data: Buffer) => {
      const commits = data.includes('commit\0');
      lost ||= commits;
      if (!commits || delivered) upstream.write(data);
      if (commits && !delivered) {
        client.destroy();
        upstream.destroy();
      }
    });
    upstream.on('data', (data: Buffer) => {
      if (lost) client.destroy();
      else client.write(data);
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
