import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const doubled = flowText('double', [{ a: { set: { n: '${ .n * 2 }' } } }], {
  input: {
    schema: { format: 'json', document: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } } },
  },
});
const keyed = flowText('keyed', [{ a: { set: '${ . }' } }], {}, { start: { key: '${ .id }' } });
const rejecting = flowText(
  'rejecting',
  [{ a: { set: '${ . }' } }],
  {},
  { start: { key: '${ .id }', onDuplicate: 'reject' } },
);
const endless = flowText('endless', [{ a: { wait: 'PT1H' } }]);
const asking = flowText('asking', [{ send: { call: 'test.vanish' } }]);

describe.skipIf(missing !== undefined)(`the API${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: HttpBed;

  beforeAll(async () => {
    bed = await openHttpBed('api');
    for (const body of [doubled, keyed, rejecting, endless, asking]) await bed.ask('POST', '/api/v1/flows', { body });
  });
  afterAll(() => bed?.close());

  const start = (name: string, input: unknown, headers: Record<string, string> = {}) =>
    bed.ask('POST', `/api/v1/flows/test/${name}/runs`, { body: JSON.stringify({ input }), headers });
  const ended = async (id: string) => {
    await waitUntil(
      `run ${id} has ended`,
      async () => (await bed.ask('GET', `/api/v1/runs/${id}`)).json['endedAt'] !== null,
    );
    return (await bed.ask('GET', `/api/v1/runs/${id}`)).json;
  };

  describe('flows', () => {
    it('are published once, and never changed', async () => {
      const text = flowText('published', [{ a: { set: { n: 1 } } }]);
      const first = await bed.ask('POST', '/api/v1/flows', { body: text });
      expect(first).toMatchObject({
        status: 201,
        json: { namespace: 'test', name: 'published', version: '1.0.0', problems: [] },
      });
      expect(first.headers.location).toBe('/api/v1/flows/test/published/versions/1.0.0');
      expect((await bed.ask('POST', '/api/v1/flows', { body: text })).status).toBe(200);
      const other = await bed.ask('POST', '/api/v1/flows', { body: text.replace('"n":1', '"n":2') });
      expect(other.json).toMatchObject({ status: 409, code: 'PAWL_FLOW_EXISTS' });
    });

    it('may be YAML, and are told what is wrong with them, where', async () => {
      const yaml = { headers: { 'content-type': 'application/yaml' } };
      const good = `document: {dsl: 1.0.0, namespace: test, name: yaml, version: 1.2.3}\ndo:\n  - a: {set: {n: 1}}\n`;
      expect((await bed.ask('POST', '/api/v1/flows', { ...yaml, body: good })).status).toBe(201);
      const bad = await bed.ask('POST', '/api/v1/flows', { ...yaml, body: good.replace('set:', 'sett:') });
      expect(bad.json).toMatchObject({ status: 400, code: 'PAWL_FLOW_INVALID', hint: expect.any(String) as string });
      expect(bad.json['problems']).toEqual(
        expect.arrayContaining([expect.objectContaining({ line: 3, path: expect.any(String) as string })]),
      );
    });

    it('are listed and read', async () => {
      const list = await bed.ask('GET', '/api/v1/flows?limit=2');
      expect(list.json['items']).toHaveLength(2);
      const next = await bed.ask('GET', `/api/v1/flows?limit=2&cursor=${String(list.json['next'])}`);
      expect(next.json['items']).not.toEqual(list.json['items']);
      const flow = await bed.ask('GET', '/api/v1/flows/test/double');
      expect(flow.json).toMatchObject({
        name: 'double',
        version: '1.0.0',
        source: doubled,
        document: JSON.parse(doubled) as object,
      });
      expect((await bed.ask('GET', '/api/v1/flows/test/double/versions/1.0.0')).json).toEqual(flow.json);
      expect((await bed.ask('GET', '/api/v1/flows/test/double/versions/2.0.0')).json).toMatchObject({
        status: 404,
        code: 'PAWL_FLOW_UNKNOWN',
      });
      expect((await bed.ask('GET', '/api/v1/flows/test/nothing')).status).toBe(404);
    });
  });

  describe('runs', () => {
    it('are started and read', async () => {
      const answer = await start('double', { n: 21 });
      expect(answer.status).toBe(202);
      const id = String(answer.json['id']);
      expect(answer.headers.location).toBe(`/api/v1/runs/${id}`);
      expect(await ended(id)).toMatchObject({
        id,
        flow: { namespace: 'test', name: 'double', version: '1.0.0' },
        status: 'completed',
        input: { n: 21 },
        output: { n: 42 },
        error: null,
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      });
      const journal = await bed.ask('GET', `/api/v1/runs/${id}/journal?limit=1`);
      expect(journal.json).toMatchObject({ items: [{ seq: 1, type: 'run.started', input: { n: 21 } }], next: '1' });
      const rest = await bed.ask('GET', `/api/v1/runs/${id}/journal?cursor=1`);
      expect(rest.json['next']).toBeNull();
      expect(rest.json['items']).toContainEqual(expect.objectContaining({ type: 'run.completed' }));
      expect((await bed.ask('GET', `/api/v1/runs/${id}/state?at=1`)).json).toMatchObject({ seq: 1, status: 'running' });
      expect((await bed.ask('GET', `/api/v1/runs/${id}/state?at=99`)).status).toBe(404);
    });

    it('are listed by status and flow', async () => {
      const id = String((await start('double', { n: 1 })).json['id']);
      await ended(id);
      const completed = await bed.ask('GET', '/api/v1/runs?status=completed&flow=test/double&limit=1');
      expect(completed.json).toMatchObject({ items: [{ id, status: 'completed' }] });
      const before = await bed.ask(
        'GET',
        `/api/v1/runs?status=completed&flow=test/double&limit=1&cursor=${String(completed.json['next'])}`,
      );
      expect(before.json['items']).not.toContainEqual(expect.objectContaining({ id }));
      expect((await bed.ask('GET', '/api/v1/runs?flow=test/nothing')).json).toEqual({ items: [], next: null });
      for (const query of [
        'status=failed',
        'limit=0',
        'limit=1001',
        'limit=x',
        'cursor=zzz',
        'flow=a',
        'colour=red',
        "flow=a/b'--",
        'status[__proto__][x]=1',
      ]) {
        const answer = await bed.ask('GET', `/api/v1/runs?${query}`);
        expect([query, answer.status]).toEqual([query, query.startsWith("flow=a/b'") ? 200 : 400]);
      }
      expect((await bed.ask('GET', '/api/v1/runs?flow=bad')).json['detail']).toContain('write namespace/name');
      const deleted = await bed.ask('DELETE', '/api/v1/runs/x');
      expect(deleted).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    });

    it('are refused with the place of what is wrong with the input', async () => {
      const answer = await start('double', { n: 'x' });
      expect(answer.json).toMatchObject({ status: 400, code: 'PAWL_INPUT_INVALID', problems: [{ path: '/n' }] });
      expect((await start('nothing', {})).json).toMatchObject({ status: 404, code: 'PAWL_FLOW_UNKNOWN' });
    });

    it('are cancelled once', async () => {
      const id = String((await start('endless', null)).json['id']);
      const cancelled = await bed.ask('POST', `/api/v1/runs/${id}/cancel`, { body: { reason: 'enough' } });
      expect(cancelled).toMatchObject({ status: 200, json: { id, verdict: 'taken' } });
      expect(await ended(id)).toMatchObject({ status: 'cancelled' });
      const done = String((await start('double', { n: 1 })).json['id']);
      await ended(done);
      expect((await bed.ask('POST', `/api/v1/runs/${done}/cancel`)).json).toMatchObject({
        status: 409,
        code: 'PAWL_RUN_ENDED',
      });
      expect((await bed.ask('POST', '/api/v1/runs/x/cancel')).status).toBe(404);
    });
  });

  describe('Idempotency-Key', () => {
    it('makes one run of any number of requests', async () => {
      const key = { 'idempotency-key': 'many' };
      const answers = await Promise.all(Array.from({ length: 100 }, () => start('double', { n: 2 }, key)));
      expect(new Set(answers.map((answer) => answer.json['id'])).size).toBe(1);
      expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
      for (const answer of answers.filter((each) => each.status !== 202)) {
        expect(answer).toMatchObject({ status: 200, headers: { 'idempotency-replayed': 'true' } });
      }
    });

    it('is refused for other data, another path or another query', async () => {
      const key = { 'idempotency-key': '"with space"' };
      expect((await start('double', { n: 2 }, key)).status).toBe(202);
      expect((await start('double', { n: 3 }, key)).json).toMatchObject({ status: 422, code: 'PAWL_START_MISMATCH' });
      expect((await start('keyed', { n: 2 }, key)).status).toBe(400);
      expect((await start('keyed', { id: 2 }, key)).status).toBe(422);
    });

    it.each(['', ' ', 'x'.repeat(256), '"', '"a"b"', 'a b', 'é', '"é"', 'a,b c'])(
      'is refused when it is %j',
      async (value) => {
        const answer = await bed.ask('POST', '/api/v1/flows', {
          body: doubled,
          headers: { 'idempotency-key': Buffer.from(value).toString('latin1') },
        });
        expect(answer.json).toMatchObject({ status: 400, code: 'PAWL_KEY_INVALID' });
      },
    );

    it('is taken as data, whatever it holds', async () => {
      const key = { 'idempotency-key': "'; drop table run; --".replaceAll(' ', '_') };
      expect((await start('double', { n: 2 }, key)).status).toBe(202);
      expect((await start('double', { n: 2 }, key)).status).toBe(200);
    });

    it('does not keep a refusal that can be mended', async () => {
      const key = { 'idempotency-key': 'mended' };
      expect((await start('double', { n: 'x' }, key)).status).toBe(400);
      expect((await start('double', { n: 2 }, key)).status).toBe(202);
    });

    it('gives the first answer again, for publishing and cancelling too', async () => {
      const text = flowText('replayed', [{ a: { set: 1 } }]).replace('"set":1', '"set":{"n":1}');
      const deploy = () => bed.ask('POST', '/api/v1/flows', { body: text, headers: { 'idempotency-key': 'deploy' } });
      expect((await deploy()).status).toBe(201);
      expect(await deploy()).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' } });
      const done = String((await start('double', { n: 1 })).json['id']);
      await ended(done);
      const cancel = (body: string) =>
        bed.ask('POST', `/api/v1/runs/${done}/cancel`, { body, headers: { 'idempotency-key': 'cancel' } });
      const refused = await cancel('{}');
      expect(refused.status).toBe(409);
      expect(await cancel('{}')).toMatchObject({
        status: 409,
        json: refused.json,
        headers: { 'idempotency-replayed': 'true', 'content-type': refused.headers['content-type'] },
      });
      expect((await cancel('{"reason":"other"}')).status).toBe(422);
    });

    it('stands beside the start key', async () => {
      const first = await start('keyed', { id: 'a' }, { 'idempotency-key': 'k1' });
      expect(first.status).toBe(202);
      expect(await start('keyed', { id: 'a' })).toMatchObject({
        status: 200,
        json: first.json,
        headers: { 'idempotency-replayed': 'true' },
      });
      expect((await start('keyed', { id: 'a', x: 1 })).json).toMatchObject({ status: 422, run: first.json['id'] });
      const rejected = await start('rejecting', { id: 'a' }, { 'idempotency-key': 'k3' });
      expect((await start('rejecting', { id: 'a' }, { 'idempotency-key': 'k3' })).status).toBe(200);
      expect((await start('rejecting', { id: 'a' })).json).toMatchObject({
        status: 409,
        code: 'PAWL_START_DUPLICATE',
        run: rejected.json['id'],
      });
    });
  });

  describe('decisions', () => {
    it('are taken from the first, refused to the others, and shown afterwards', async () => {
      const run = String((await start('asking', null)).json['id']);
      const open = async () =>
        ((await bed.ask('GET', '/api/v1/decisions')).json['items'] as { id: string; run: string }[]).find(
          (item) => item.run === run,
        );
      await waitUntil('the question is open', async () => (await open()) !== undefined);
      const id = (await open())?.id as string;
      expect(await open()).toMatchObject({
        flow: { namespace: 'test', name: 'asking' },
        name: 'send',
        action: 'test.vanish',
        target: expect.any(String) as string,
      });
      expect((await bed.ask('GET', `/api/v1/runs/${run}`)).json).toMatchObject({
        status: 'waiting',
        waitingFor: 'decision',
        open: expect.arrayContaining([expect.objectContaining({ decision: id })]) as unknown,
      });
      for (const body of [
        {},
        { applied: 'true' },
        { applied: true, fail: true },
        { fail: false },
        [],
        'null',
        { applied: true, by: 'me' },
      ]) {
        expect([body, (await bed.ask('POST', `/api/v1/decisions/${id}`, { body })).status]).toEqual([body, 400]);
      }
      const bodies = [
        { applied: true, output: { ok: 1 }, reason: 'seen in the ledger' },
        { fail: true },
        { applied: true, output: { ok: 1 }, reason: 'seen in the ledger' },
      ];
      const answers = await Promise.all(bodies.map((body) => bed.ask('POST', `/api/v1/decisions/${id}`, { body })));
      expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
      expect(answers.find((answer) => answer.status === 409)?.json).toMatchObject({ code: 'PAWL_DECISION_TAKEN' });
      await ended(run);
      const closed = await bed.ask('GET', '/api/v1/decisions?open=false');
      expect(closed.json['items']).toContainEqual(
        expect.objectContaining({ id, run, decided: expect.objectContaining({ by: 'local-owner' }) as unknown }),
      );
      expect((await bed.ask('POST', '/api/v1/decisions/x', { body: { fail: true } })).json).toMatchObject({
        status: 404,
        code: 'PAWL_DECISION_UNKNOWN',
      });
    });
  });

  describe('operation', () => {
    it('tells its health, its metrics and its own API', async () => {
      expect((await bed.ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
      expect((await bed.ask('GET', '/readyz')).json).toEqual({ status: 'ready' });
      const { text } = await bed.ask('GET', '/metrics');
      for (const name of [
        'pawl_runs_started_total',
        'pawl_runs_ended_total{status="completed"}',
        'pawl_commit_seconds_bucket',
        'pawl_partitions_owned 256',
        'nodejs_eventloop_lag_seconds',
      ]) {
        expect(text).toContain(name);
      }
      expect(text).not.toContain('double');
      const api = (await bed.ask('GET', '/api/openapi.json')).json as {
        openapi: string;
        paths: Record<string, unknown>;
      };
      expect(api.openapi).toBe('3.1.0');
      expect(Object.keys(api.paths)).toEqual(
        expect.arrayContaining(['/api/v1/runs/{id}/stream', '/api/v1/flows/{namespace}/{name}/runs']),
      );
    });

    it('serves a page of its own files only', async () => {
      const page = await bed.ask('GET', '/');
      expect(page.headers['content-type']).toContain('text/html');
      for (const [, file] of page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g))
        expect((await bed.ask('GET', String(file))).status, file).toBe(200);
      expect(page.text).not.toMatch(/<script>|<style|\son\w+=|style="/);
      expect((await bed.ask('GET', '/page/..%2f..%2fpackage.json')).status).toBe(404);
    });
  });
});
