import type { Json } from '@pawl/core';
import { createTestDatabase, whyNoServer } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, makeActions, requestFor } from '../actions.fixture.ts';
import { createConnections } from '../connections/connections.ts';
import { parseHostRule } from './hosts.ts';
import type { OpenedSecret } from './secrets.ts';

const noServer = await whyNoServer();
const mark = `\ufdd0&"'<token\ufdd1`;

describe.skipIf(noServer !== undefined)(
  `secrets in SQL${noServer === undefined ? '' : ` (skipped: ${noServer})`}`,
  () => {
    let database: Awaited<ReturnType<typeof createTestDatabase>>;
    let actions: ReturnType<typeof makeActions>;
    let secret: OpenedSecret = {
      workspace: 'default',
      name: 'token',
      version: 1,
      value: 'first-value',
      hosts: undefined,
    };

    beforeAll(async () => {
      database = await createTestDatabase('actions_sql_secrets');
      await database.query('create table account (id int primary key, token text)');
      const { hostname, port, username, password, pathname } = new URL(database.url);
      const allow = `${hostname}:${port || 5432}`;
      const connections = createConnections({
        db: {
          ...({
            kind: 'postgres',
            host: hostname,
            port: Number(port || 5432),
            user: username,
            tls: 'off',
            allow,
          } as const),
          database: pathname.slice(1),
          ...(password === '' ? {} : { password: decodeURIComponent(password) }),
        },
      });
      actions = makeActions({ connections, secrets: { open: async () => [secret] } });
    });
    afterAll(async () => {
      await actions.close();
      await database.drop();
    });

    const send = (action: string, args: { readonly [name: string]: Json }, number = 1) => {
      const more = { secrets: ['token'], guarantee: 'transactional', key: 'effect-1', attempt: number } as const;
      return attempt(actions, requestFor(action, { connection: 'db', ...args }, more));
    };

    it('are written, and a resend after a change of the value is the same effect', async () => {
      const upsert = { table: 'account', key: ['id'], rows: [{ id: 1, token: mark }] };
      expect((await send('sql.upsert', upsert)).outcome).toMatchObject({ kind: 'completed' });
      secret = { ...secret, version: 2, value: 'second-value' };
      expect((await send('sql.upsert', upsert, 2)).outcome).toMatchObject({ kind: 'completed', already: true });
      expect(await database.query('select token from account')).toEqual([{ token: 'first-value' }]);
    });

    it('are taken out of rows that hold them', async () => {
      secret = { ...secret, value: 'first-value' };
      const query = { sql: 'select token from account where token = $1', params: [mark] };
      const { outcome } = await send('sql.query', query);
      expect(outcome).toEqual({ kind: 'completed', output: [{ token: '«secret token»' }] });
    });

    it('go to no database that is not one of their hosts', async () => {
      secret = { ...secret, hosts: [parseHostRule('db.example.com')] };
      const { outcome } = await send('sql.query', { sql: 'select $1::text', params: [mark] });
      expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 403, code: 'PAWL_SECRET_HOST' } });
    });
  },
);
