import { request } from 'node:http';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

interface Stream {
  text: string;
  status: number;
  closed: boolean;
  destroy(): void;
}

describe.skipIf(missing !== undefined)(
  `the stream of a run${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: HttpBed;

    beforeAll(async () => {
      bed = await openHttpBed('stream');
      const gated = flowText('gated', [
        { first: { call: 'test.gate', with: { name: '${ .a }' } } },
        { second: { set: { done: true } } },
      ]);
      await bed.engine.deploy(gated);
    });
    afterAll(() => bed?.close());

    const start = async (gate: string) =>
      (await bed.engine.start({ flow: { namespace: 'test', name: 'gated' }, input: { a: gate } })).run;

    function open(path: string, headers: Record<string, string> = {}): Stream {
      const sent = request({ port: bed.server.port, host: '127.0.0.1', path, headers });
      const stream: Stream = { text: '', status: 0, closed: false, destroy: () => void sent.destroy() };
      sent.on('error', () => (stream.closed = true));
      sent.on('response', (response) => {
        stream.status = response.statusCode ?? 0;
        response.setEncoding('utf8').on('data', (chunk: string) => (stream.text += chunk));
        response.on('close', () => (stream.closed = true));
      });
      sent.end();
      return stream;
    }
    const ids = (stream: Stream): number[] =>
      [...stream.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    const events = (stream: Stream) =>
      [...stream.text.matchAll(/^data: (.*)$/gm)].map(
        (match) => JSON.parse(match[1] as string) as Record<string, unknown>,
      );

    it('shows each event once it is committed, ends with the run, and resumes after any event', async () => {
      const run = await start('one');
      const live = open(`/api/v1/runs/${run}/stream`);
      await waitUntil('the attempt is shown', () => events(live).some((event) => event['name'] === 'first'));
      expect(live.closed).toBe(false);
      const shown = events(live).length;
      const { items } = await bed.engine.journal(run, 0, 100);
      expect(shown).toBeLessThanOrEqual(items.length);
      bed.bench.open('one');
      await waitUntil('the stream ends', () => live.closed);
      const journal = (await bed.engine.journal(run, 0, 100)).items;
      expect(events(live)).toEqual(journal);
      expect(ids(live)).toEqual(journal.map((event) => event.seq));

      const resumed = open(`/api/v1/runs/${run}/stream`, { 'last-event-id': '2' });
      await waitUntil('it ends', () => resumed.closed);
      expect(events(resumed)).toEqual(journal.slice(2));
      const after = open(`/api/v1/runs/${run}/stream?after=3`);
      await waitUntil('it ends', () => after.closed);
      expect(events(after)).toEqual(journal.slice(3));
    });

    it('tells a browser that comes back after the end to stay away', async () => {
      const run = await start('two');
      await waitUntil('the gate is reached', () => bed.bench.waiting.has('two'));
      bed.bench.open('two');
      const seq = (await bed.engine.ended(run))?.seq ?? 0;
      expect(
        (await bed.ask('GET', `/api/v1/runs/${run}/stream`, { headers: { 'last-event-id': String(seq) } })).status,
      ).toBe(204);
    });

    it('follows runs of another worker', async () => {
      const other = await openHttpBed('stream_other');
      await other.close();
      const beside = await bed.another({ worker: 'none' });
      const run = await start('three');
      const types: string[] = [];
      const watching = (async () => {
        for await (const event of beside.watch(run, 0)) types.push(event.type);
      })();
      await waitUntil('the gate is reached', () => bed.bench.waiting.has('three'));
      bed.bench.open('three');
      await watching;
      expect(types.at(-1)).toBe('run.completed');
    });

    it('refuses what is no event number, and runs that there are not', async () => {
      const run = await start('four');
      for (const id of ['x', '-1', '1e3', '9'.repeat(20)]) {
        expect(
          (await bed.ask('GET', `/api/v1/runs/${run}/stream`, { headers: { 'last-event-id': id } })).status,
          id,
        ).toBe(400);
      }
      expect((await bed.ask('GET', '/api/v1/runs/0/stream')).status).toBe(404);
      await waitUntil('the gate is reached', () => bed.bench.waiting.has('four'));
      bed.bench.open('four');
    });

    it('lets go of readers that left, and ends open streams when the server stops', async () => {
      const bed2 = await openHttpBed('stream_stop');
      await bed2.engine.deploy(flowText('endless', [{ a: { wait: 'PT1H' } }]));
      const { run } = await bed2.engine.start({ flow: { namespace: 'test', name: 'endless' }, input: null });
      const sent = request({ port: bed2.server.port, host: '127.0.0.1', path: `/api/v1/runs/${run}/stream` });
      let ended = false;
      sent.on('response', (response) => response.resume().on('close', () => (ended = true))).end();
      sent.on('error', () => (ended = true));
      await waitUntil('it is answered', () => sent.socket?.bytesRead !== undefined && sent.socket.bytesRead > 500);
      await bed2.close();
      expect(ended).toBe(true);
    });
  },
);
