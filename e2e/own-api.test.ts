import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startTcpProxy, waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callApi } from './crash/api.ts';
import { addressOf, startPawl } from './support/pawl.ts';

/* Flows against the API of the Pawl that runs them, as a real `pawl start` on any free port. */

const patienceMs = 60_000;
let folder: string;
let url = '';
let pawl: Program;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-own-api-'));
  // Everything of this machine is allowed: what is refused is refused for another reason.
  const env = { PAWL_DATA: join(folder, 'data'), PAWL_PORT: '0', PAWL_ALLOW_NETS: '127.0.0.1,::1' };
  pawl = startPawl(['start', '--no-examples'], { env });
  url = await addressOf(pawl, patienceMs);
  const flow = {
    document: { dsl: '1.0.3', namespace: 'e2e', name: 'get', version: '1.0.0' },
    do: [{ ask: { call: 'http', with: { method: 'get', endpoint: '${ .url }' } } }],
  };
  const deployed = await callApi(url, '/api/v1/flows', { body: JSON.stringify(flow) });
  expect(deployed.status, JSON.stringify(deployed.body)).toBe(201);
}, patienceMs * 2);

afterAll(async () => {
  expect(await pawl?.stop(), pawl?.stderr).toBe(0);
  rmSync(folder, { recursive: true, force: true });
}, patienceMs);

async function errorOf(target: string): Promise<unknown> {
  const body = JSON.stringify({ input: { url: target } });
  const { body: started } = await callApi(url, '/api/v1/flows/e2e/get/runs', { body });
  let run: Readonly<Record<string, unknown>> = {};
  await waitUntil(
    'the run ends',
    async () => {
      run = (await callApi(url, `/api/v1/runs/${String(started['id'])}`)).body;
      return run['endedAt'] !== null;
    },
    patienceMs,
  );
  return run['error'];
}

describe('a flow that calls the API of its own Pawl', () => {
  it('does not connect to it, on a port that was found free, by any of its names', async () => {
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) {
      const error = await errorOf(`http://${host}:${port}/api/v1/flows`);
      expect(error, host).toMatchObject({ status: 403, code: 'PAWL_EGRESS' });
      expect(JSON.stringify(error), host).toContain('belongs to Pawl itself');
    }
  }, 120_000);

  it('is known by its mark where it comes by another way, and refused', async () => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(url).port) });
    try {
      // Without the mark the way is open: the refusal below is for the mark.
      expect((await callApi(`http://127.0.0.1:${proxy.port}`, '/api/v1/flows')).status).toBe(200);
      const error = await errorOf(`http://127.0.0.1:${proxy.port}/api/v1/flows`);
      expect(error).toMatchObject({ status: 403 });
      expect(JSON.stringify(error)).toContain('comes from a step of a flow');
    } finally {
      await proxy.close();
    }
  }, 120_000);

  it('bears the mark wherever it goes', async () => {
    const marks: unknown[] = [];
    const target = createServer((request, response) => {
      marks.push(request.headers['pawl-egress']);
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await once(target.listen(0, '127.0.0.1'), 'listening');
    try {
      expect(await errorOf(`http://127.0.0.1:${(target.address() as AddressInfo).port}/`)).toBeNull();
    } finally {
      target.close();
    }
    expect(marks).toEqual([expect.any(String)]);
  }, 120_000);
});
