import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const value = 'a-value-that-nobody-may-see';
const password = 'a-password-that-nobody-may-see';

interface Entry {
  readonly seq: number;
  readonly by: string;
  readonly act: string;
  readonly object: string;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

describe.skipIf(missing !== undefined)(
  `the audit trail of the API${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: HttpBed;
    let headers: Record<string, string>;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'pawl-audit-'));
      bed = await openHttpBed('audit', { keys: { kind: 'own', path: join(folder, 'key') } });
      const made = await bed.ask('POST', '/api/v1/tokens', { body: { name: 'lena', role: 'admin', reason: 'joined' } });
      headers = { authorization: `Bearer ${String(made.json['token'])}` };
    });
    afterAll(async () => {
      await bed?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const act = (method: string, path: string, body?: Parameters<HttpBed['ask']>[2] & {}): Promise<Reply> =>
      bed.ask(method, `/api/v1${path}`, { headers, ...body });
    const entries = async (query = ''): Promise<Entry[]> => {
      const reply = await bed.ask('GET', `/api/v1/audit${query}`);
      return reply.json['items'] as Entry[];
    };
    const newest = async () => {
      const [entry] = await entries('?limit=1');
      return {
        by: entry?.by,
        act: entry?.act,
        object: entry?.object,
        reason: entry?.reason,
        before: entry?.before,
        after: entry?.after,
      };
    };
    const deploy = (text: string, reason = '') =>
      act('POST', `/flows?reason=${encodeURIComponent(reason)}`, { body: text });
    const start = async (name: string): Promise<string> =>
      (await act('POST', `/flows/test/${name}/runs`, { body: {} })).json['id'] as string;

    it('tells of tokens', async () => {
      expect(await newest()).toEqual({
        ...{ by: 'local-owner', act: 'token.add', object: 'token/lena', reason: 'joined', before: null },
        after: { role: 'admin', expiresAt: null },
      });
      await act('POST', '/tokens', { body: { name: 'short', role: 'viewer', expiresAt: '2999-01-01T00:00:00Z' } });
      await act('POST', '/tokens/short/revoke', { body: { reason: 'a mistake' } });
      expect(await newest()).toEqual({
        ...{ by: 'lena', act: 'token.revoke', object: 'token/short', reason: 'a mistake' },
        ...{ before: { role: 'viewer' }, after: null },
      });
      expect((await bed.ask('GET', '/api/v1/audit')).text).not.toContain('pawl_');
    });

    it('tells of flows that are published, and of nothing that changed nothing', async () => {
      const first = await deploy(flowText('told', [{ a: { set: { n: 1 } } }]), 'the first');
      expect(await newest()).toEqual({
        ...{ by: 'lena', act: 'flow.deploy', object: 'flow/test/told', reason: 'the first', before: null },
        after: { version: '1.0.0', hash: first.json['hash'] },
      });
      const { length } = await entries();
      await deploy(flowText('told', [{ a: { set: { n: 1 } } }]), 'again');
      await deploy(flowText('told', [{ a: { set: { n: 2 } } }]), 'other content');
      expect(await entries()).toHaveLength(length);
      await deploy(flowText('told', [{ a: { set: { n: 2 } } }]).replace('"version":"1.0.0"', '"version":"1.1.0"'));
      expect(await newest()).toMatchObject({
        reason: null,
        before: { version: '1.0.0', hash: first.json['hash'] },
        after: { version: '1.1.0' },
      });
    });

    it('tells of secrets and connections, never of their values', async () => {
      const set = (body: object) => act('PUT', '/secrets/stripe', { body: { ...body } });
      expect((await set({ value, hosts: ['a.example'], reason: 'new account' })).status).toBe(201);
      expect(await newest()).toEqual({
        ...{ by: 'lena', act: 'secret.set', object: 'secret/stripe', reason: 'new account', before: null },
        after: { version: 1, settings: { hosts: ['a.example'] } },
      });
      await set({ value: `${value}-2`, hosts: ['b.example'] });
      expect(await newest()).toMatchObject({
        before: { version: 1, settings: { hosts: ['a.example'] } },
        after: { version: 2, settings: { hosts: ['b.example'] } },
      });
      const fields = { host: 'db.example', user: 'ada', database: 'crm' };
      const connection = { kind: 'postgres', fields, secrets: { password }, reason: 'crm' };
      expect((await act('PUT', '/connections/crm', { body: connection })).status).toBe(201);
      expect(await newest()).toMatchObject({ act: 'connection.set', object: 'connection/crm', reason: 'crm' });
      await act('DELETE', '/connections/crm?reason=moved');
      expect(await newest()).toMatchObject({
        ...{ act: 'connection.remove', reason: 'moved', after: null },
        before: { version: 1, settings: { connection: { kind: 'postgres', fields } } },
      });
      await act('DELETE', '/secrets/stripe');
      expect(await newest()).toMatchObject({ act: 'secret.remove', before: { version: 2 }, after: null });
      const { text } = await bed.ask('GET', '/api/v1/audit?limit=1000');
      for (const hidden of [value, password]) expect(text).not.toContain(hidden);
    });

    it('tells of runs that are cancelled, in the words of who did it', async () => {
      await deploy(flowText('waits', [{ wait: { call: 'test.gate', with: { name: 'w' } } }]));
      const run = await start('waits');
      await waitUntil('it runs', () => bed.bench.waiting.has('w'));
      await act('POST', `/runs/${run}/cancel`, { body: { reason: 'wrong file' } });
      expect(await newest()).toMatchObject({
        by: 'lena',
        act: 'run.cancel',
        object: `run/${run}`,
        reason: 'wrong file',
      });
      bed.bench.open('w');
      const { length } = await entries();
      // It is cancelled already, and one that is not there is not cancelled.
      await act('POST', `/runs/${run}/cancel`, { body: {} });
      await act('POST', '/runs/00000000-0000-7000-8000-000000000000/cancel', { body: {} });
      expect(await entries()).toHaveLength(length);
    });

    it('tells of decisions, with what was decided', async () => {
      await deploy(flowText('asks', [{ send: { call: 'test.vanish' } }]));
      const run = await start('asks');
      let id = '';
      await waitUntil('it asks', async () => {
        const { json } = await act('GET', '/decisions');
        id = (json['items'] as { id: string; run: string }[]).find((item) => item.run === run)?.id ?? '';
        return id !== '';
      });
      const verdict = { applied: true, output: { id: 42 } };
      const reply = await act('POST', `/decisions/${id}`, { body: { ...verdict, reason: 'seen in the bank' } });
      expect(reply.status).toBe(200);
      expect(await newest()).toMatchObject({
        ...{ by: 'lena', act: 'decision.make', object: `decision/${id}`, reason: 'seen in the bank' },
        after: { run, verdict },
      });
      const { json } = await act('GET', '/decisions?open=false');
      const [decided] = (json['items'] as { id: string; decided: unknown }[]).filter((item) => item.id === id);
      expect(decided?.decided).toMatchObject({ by: 'lena' });
      const { length } = await entries();
      expect((await act('POST', `/decisions/${id}`, { body: { fail: true } })).status).toBe(409);
      expect(await entries()).toHaveLength(length);
    });

    it('tells of schedules that are paused and resumed, once each', async () => {
      await deploy(flowText('nightly', [{ a: { set: { n: 1 } } }], { schedule: { every: { hours: 1 } } }));
      const change = (what: string) => act('POST', `/schedules/test/nightly/${what}`, { body: { reason: what } });
      for (const what of ['pause', 'pause', 'resume', 'resume']) expect((await change(what)).status).toBe(200);
      const told = (await entries()).filter(({ object }) => object === 'schedule/test/nightly');
      expect(told.map(({ act, by, reason, before, after }) => [act, by, reason, before, after])).toEqual([
        ['schedule.resume', 'lena', 'resume', { paused: true }, { paused: false }],
        ['schedule.pause', 'lena', 'pause', { paused: false }, { paused: true }],
      ]);
    });

    it('tells of a new key of the secrets', async () => {
      await act('PUT', '/secrets/kept', { body: { value } });
      const reply = await act('POST', '/secret-key/rotate', { body: { reason: 'yearly' } });
      expect(reply.status).toBe(200);
      expect(await newest()).toMatchObject({
        ...{ by: 'lena', act: 'secret-key.rotate', object: 'secret-key', reason: 'yearly' },
        after: { key: reply.json['key'] },
      });
    });

    it('is read in pages and since a time, and verifies', async () => {
      const all = await entries('?limit=1000');
      const pages: Entry[] = [];
      let next: unknown = null;
      do {
        const reply = await bed.ask('GET', `/api/v1/audit?limit=4${next === null ? '' : `&cursor=${String(next)}`}`);
        pages.push(...(reply.json['items'] as Entry[]));
        next = reply.json['next'];
      } while (next !== null);
      expect(pages).toEqual(all);
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => all.length - i));
      expect(await entries('?since=2999-01-01T00:00:00Z')).toEqual([]);
      const check = await bed.ask('GET', '/api/v1/audit/verify');
      expect(check.json).toMatchObject({ ok: true, entries: all.length, broken: null });
      const known = `${all.length}:${String(check.json['hash'])}`;
      expect((await bed.ask('GET', `/api/v1/audit/verify?known=${known}`)).json).toMatchObject({ ok: true });
      const other = `${all.length}:${'0'.repeat(64)}`;
      expect((await bed.ask('GET', `/api/v1/audit/verify?known=${other}`)).json).toMatchObject({ ok: false });
    });

    it('says where it was changed behind the back of Pawl', async () => {
      const client = new pg.Client({ connectionString: bed.url });
      await client.connect();
      await client.query('alter table pawl.audit disable trigger only_added');
      await client.query("update pawl.audit set reason = 'all is well' where seq = 2");
      await client.end();
      const check = await bed.ask('GET', '/api/v1/audit/verify');
      expect(check.json).toMatchObject({ ok: false, entries: 1, broken: { seq: 2 } });
    });
  },
);
