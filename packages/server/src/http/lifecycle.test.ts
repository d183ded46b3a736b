import type { JsonObject } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;
const types = [
  ...['workflow.started', 'task.created', 'task.started', 'task.completed'],
  ...['task.created', 'task.started', 'task.faulted', 'workflow.faulted'],
].map((what) => `io.serverlessworkflow.${what}.v1`);

describe.skipIf(missing !== undefined)(`the life of a run${suffix}`, () => {
  let bed: HttpBed;
  let run: string;

  beforeAll(async () => {
    bed = await openHttpBed('lifecycle');
    const error = { type: 'https://example.com/e', status: 500 };
    await bed.engine.deploy(flowText('fails', [{ keep: { set: { n: 1 } } }, { stop: { raise: { error } } }]));
    run = (await bed.engine.start({ flow: { namespace: 'test', name: 'fails' }, input: null })).run;
  });
  afterAll(() => bed?.close());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    bed.ask('GET', `/api/v1/runs/${run}/lifecycle${path}`, { headers });
  const told = ({ text }: Reply): JsonObject[] =>
    [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(String(match[1])) as JsonObject);

  it('is told as CloudEvents while it goes on, and resumes after any of them', async () => {
    const all = told(await get('/stream'));
    expect(all.map(({ type }) => type)).toEqual(types);
    expect(all[0]).toMatchObject({ specversion: '1.0', source: '/test/fails/1.0.0', subject: `fails-${run}.test` });
    expect(all[6]).toMatchObject({ data: { task: '/do/1/stop', error: { status: 500 } } });
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(told(await get('/stream', { 'last-event-id': '6' }))).toEqual(all.slice(6));
    expect((await get(`/stream?after=${all.length}`)).status).toBe(204);
  });

  it('is listed by pages, the same whenever it is asked for', async () => {
    const all = told(await get('/stream'));
    expect((await get('')).json).toEqual({ items: all, next: null });
    const page = (await get('?limit=3')).json;
    expect(page).toEqual({ items: all.slice(0, 3), next: '3' });
    expect((await get('?limit=100&cursor=3')).json).toEqual({ items: all.slice(3), next: null });
  });
});
