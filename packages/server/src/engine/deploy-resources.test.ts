import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing, openBed } from '../engine.fixture.ts';
import type { EngineBed } from '../engine.fixture.ts';

describe.skipIf(missing !== undefined)(
  `a flow that names what lies elsewhere${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let opened: EngineBed;
    let server: Server;
    let base: string;
    const texts = new Map<string, string>();
    let reads: string[] = [];

    beforeAll(async () => {
      server = createServer((request, response) => {
        reads.push(request.url ?? '');
        const text = texts.get(request.url ?? '');
        response.writeHead(text === undefined ? 404 : 200).end(text);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      base = `http://127.0.0.1:${port}`;
      opened = await openBed('resources', { allowNets: `127.0.0.1/32:${port}` });
    });

    afterAll(async () => {
      await opened?.close();
      server.close();
    });

    const flow = (version = '1.0.0'): string => `document: {dsl: 1.0.3, namespace: t, name: far, version: ${version}}
use: {catalogs: {near: {endpoint: "${base}"}}}
do: [{a: {call: "double:1.0.0@near", with: {n: 21}}}]`;
    const address = '/functions/double/1.0.0/function.yaml';

    it('runs with it as it was at the deploy, whatever becomes of it', async () => {
      texts.set(address, 'set: "${ .n * 2 }"');
      reads = [];
      const { version, outcome } = await opened.engine.deploy(flow());
      expect({ outcome, reads }).toEqual({ outcome: 'created', reads: [address] });
      texts.set(address, 'set: "${ .n * 3 }"');
      const { run } = await opened.engine.start({ flow: { hash: version.hash }, input: null });
      expect(await opened.engine.ended(run)).toMatchObject({ status: 'completed', output: 42 });
    });

    it('is another content once that has changed, so the same version is refused', async () => {
      texts.set(address, 'set: "${ .n * 4 }"');
      await expect(opened.engine.deploy(flow())).rejects.toMatchObject({ code: 'PAWL_FLOW_EXISTS' });
      expect((await opened.engine.deploy(flow('1.0.1'))).outcome).toBe('created');
    });

    it('is refused with the address where that cannot be read, and nothing is deployed', async () => {
      texts.delete(address);
      await expect(opened.engine.deploy(flow('2.0.0'))).rejects.toMatchObject({
        code: 'PAWL_FLOW_RESOURCE',
        message: expect.stringContaining(`${base}${address}`),
      });
      const names = await opened.engine.store.flowVersion('default', 't', 'far', '2.0.0');
      expect(names).toBeUndefined();
    });

    it('reads nothing from addresses that egress may not reach', async () => {
      const text = flow('3.0.0').replace(base, 'http://127.0.0.1:1');
      await expect(opened.engine.deploy(text)).rejects.toMatchObject({ code: 'PAWL_FLOW_RESOURCE' });
    });
  },
);
