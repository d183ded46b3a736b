import type { PublicEvent } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineBed } from '../engine.fixture.ts';
import { flowText, missing, openBed } from '../engine.fixture.ts';
import type { Engine } from './engine.ts';

const addOne = flowText('add-one', [{ add: { set: { n: '${ .n + 1 }' } } }], {
  input: {
    schema: { format: 'json', document: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } } },
  },
});

describe.skipIf(missing !== undefined)(`the engine${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: EngineBed;
  let engine: Engine;

  beforeAll(async () => {
    bed = await openBed('engine');
    engine = bed.engine;
  });
  afterAll(() => bed?.close());

  const deployed = async (text: string): Promise<string> => (await engine.deploy(text)).version.hash;

  it('runs a deployed flow to its end', async () => {
    const { version, outcome } = await engine.deploy(addOne);
    expect(outcome).toBe('created');
    expect((await engine.deploy(addOne)).outcome).toBe('unchanged');
    const { run, replayed } = await engine.start({ flow: { namespace: 'test', name: 'add-one' }, input: { n: 1 } });
    expect(replayed).toBe(false);
    const ended = await engine.ended(run);
    expect(ended).toMatchObject({
      id: run,
      flow: { namespace: 'test', name: 'add-one', version: '1.0.0', hash: version.hash },
      status: 'completed',
      waitingFor: null,
      input: { n: 1 },
      output: { n: 2 },
      error: null,
      open: [],
    });
    expect(ended?.endedAt).toBeGreaterThanOrEqual(ended?.startedAt ?? 0);
  });

  it('says what is wrong with a flow that is none', async () => {
    await expect(engine.deploy('do: [')).rejects.toMatchObject({
      code: 'PAWL_FLOW_INVALID',
      extra: { problems: [{ line: 1 }] },
    });
    await expect(engine.deploy(flowText('bad', [{ a: { call: 'no.such' } }]))).rejects.toMatchObject({
      code: 'PAWL_FLOW_INVALID',
    });
  });

  it('refuses other content under a published version, unless it is deployed without a name', async () => {
    const [one, two] = [1, 2].map((n) => flowText('twice', [{ a: { set: { n } } }])) as [string, string];
    await engine.deploy(one);
    await expect(engine.deploy(two)).rejects.toMatchObject({ code: 'PAWL_FLOW_EXISTS' });
    const { version } = await engine.deploy(two, { named: false });
    const { run } = await engine.start({ flow: { hash: version.hash }, input: null });
    expect((await engine.ended(run))?.output).toEqual({ n: 2 });
  });

  it('refuses an input that does not match the schema, is too deep or too large, before anything is started', async () => {
    const hash = await deployed(addOne);
    await expect(engine.start({ flow: { hash }, input: { n: 'x' } })).rejects.toMatchObject({
      code: 'PAWL_INPUT_INVALID',
      extra: { problems: [{ path: '/n' }] },
    });
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    await expect(engine.start({ flow: { hash }, input: deep })).rejects.toMatchObject({ code: 'PAWL_INPUT_INVALID' });
    const large = { n: 1, text: 'x'.repeat(17_000_000) };
    await expect(engine.start({ flow: { hash }, input: large })).rejects.toMatchObject({ code: 'PAWL_TOO_LARGE' });
  });

  it('starts one run for one start key, and refuses the key for other data', async () => {
    const flow = {
      hash: await deployed(flowText('keyed', [{ a: { set: '${ . }' } }], {}, { start: { key: '${ .id }' } })),
    };
    const starts = await Promise.all(Array.from({ length: 20 }, () => engine.start({ flow, input: { id: 'a' } })));
    expect(new Set(starts.map((start) => start.run)).size).toBe(1);
    expect(starts.filter((start) => !start.replayed).length).toBe(1);
    await expect(engine.start({ flow, input: { id: 'a', more: 1 } })).rejects.toMatchObject({
      code: 'PAWL_START_MISMATCH',
      extra: { run: starts[0]?.run },
    });
    await expect(engine.start({ flow, input: { id: 'ü' } })).rejects.toMatchObject({ code: 'PAWL_KEY_INVALID' });
    const explicit = await engine.start({ flow, input: { id: 'b' }, key: 'mine' });
    expect((await engine.run(explicit.run)).key).toBe('mine');
  });

  it('refuses a duplicate where the flow says so, but answers a repeated request with its run', async () => {
    const pawl = { start: { key: '${ .id }', onDuplicate: 'reject' } };
    const flow = { hash: await deployed(flowText('rejecting', [{ a: { set: '${ . }' } }], {}, pawl)) };
    const request = { scope: 'tester', key: 'r1', fingerprint: 'ab'.repeat(32) };
    const first = await engine.start({ flow, input: { id: 1 }, request });
    expect(await engine.start({ flow, input: { id: 1 }, request })).toEqual({ run: first.run, replayed: true });
    const refused = { code: 'PAWL_START_DUPLICATE', extra: { run: first.run } };
    await expect(engine.start({ flow, input: { id: 1 } })).rejects.toMatchObject(refused);
    await expect(engine.start({ flow, input: { id: 1 }, request: { ...request, key: 'r2' } })).rejects.toMatchObject(
      refused,
    );
  });

  it('shows events to those who watch, from any event on, until the run ends', async () => {
    const hash = await deployed(flowText('gated', [{ wait: { call: 'test.gate', with: { name: '${ .gate }' } } }]));
    const { run } = await engine.start({ flow: { hash }, input: { gate: 'watch' } });
    const seen: PublicEvent[] = [];
    const watching = (async () => {
      for await (const event of engine.watch(run, 0)) seen.push(event);
    })();
    await waitUntil('the attempt is seen', () => seen.some((event) => event['attempt'] === 1));
    expect(await engine.run(run)).toMatchObject({
      status: 'running',
      open: expect.arrayContaining([expect.objectContaining({ kind: 'attempt', name: 'wait' })]) as unknown,
    });
    bed.bench.open('watch');
    await watching;
    expect(seen.map((event) => event.seq)).toEqual(seen.map((_, i) => i + 1));
    expect(seen.at(-1)?.type).toBe('run.completed');
    const late: PublicEvent[] = [];
    for await (const event of engine.watch(run, 2)) late.push(event);
    expect(late).toEqual(seen.slice(2));
    const page = await engine.journal(run, 1, 2);
    expect(page).toEqual({ items: seen.slice(1, 3), more: seen.length > 3 });
    expect((await engine.journal(run, 0, 100)).items).toEqual(seen);
  });

  it('stops watching when told', async () => {
    const hash = await deployed(flowText('endless', [{ wait: { wait: 'PT1H' } }]));
    const { run } = await engine.start({ flow: { hash }, input: null });
    const stop = new AbortController();
    const events: PublicEvent[] = [];
    const watching = (async () => {
      for await (const event of engine.watch(run, 0, stop.signal)) events.push(event);
    })();
    await waitUntil('the wait is seen', () => events.some((event) => event['name'] === 'wait'));
    stop.abort();
    await watching;
    expect(await engine.ended(run, AbortSignal.abort())).toBeUndefined();
  });

  it('gives the state at each event', async () => {
    const hash = await deployed(addOne);
    const { run } = await engine.start({ flow: { hash }, input: { n: 5 } });
    const { seq } = (await engine.ended(run)) ?? { seq: 0 };
    expect(await engine.state(run, 1)).toMatchObject({ seq: 1, status: 'running', input: { n: 5 } });
    expect(await engine.state(run)).toMatchObject({ seq, status: 'completed', output: { n: 6 } });
    await expect(engine.state(run, seq + 1)).rejects.toMatchObject({ code: 'PAWL_NOT_FOUND' });
    await expect(engine.state('nonsense')).rejects.toMatchObject({ code: 'PAWL_RUN_UNKNOWN' });
  });

  it('reads long journals in parts, and any state in them, before and after a snapshot', async () => {
    const each = { call: 'test.echo', with: { n: '${ $item }' } };
    const loop = { loop: { for: { each: 'item', in: '${ [range(200)] }' }, do: [{ echo: each }] } };
    const hash = await deployed(flowText('looping', [loop]));
    const { run } = await engine.start({ flow: { hash }, input: null });
    const seq = (await engine.ended(run))?.seq ?? 0;
    expect(seq).toBeGreaterThan(400);
    const { items } = await engine.journal(run, 0, 10_000);
    expect(items.map((event) => event.seq)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
    expect((await engine.store.stored('default', run))?.snapshot).not.toBeNull();
    for (const at of [2, Math.trunc(seq / 2), seq - 3]) {
      const event = items[at - 1];
      expect(await engine.state(run, at)).toMatchObject({
        seq: at,
        at: Date.parse(String(event?.at)),
        status: 'running',
      });
    }
  });

  it('shows large values whole', async () => {
    const hash = await deployed(flowText('large', [{ a: { call: 'test.echo', with: { text: '${ .text }' } } }]));
    const text = 'é'.repeat(100_000);
    const { run } = await engine.start({ flow: { hash }, input: { text } });
    expect(await engine.ended(run)).toMatchObject({ input: { text }, output: { text } });
    expect((await engine.journal(run, 0, 1)).items[0]).toMatchObject({ type: 'run.started', input: { text } });
  });

  it('cancels a run once, and says when it was too late', async () => {
    const hash = await deployed(flowText('endless', [{ wait: { wait: 'PT1H' } }]));
    const { run } = await engine.start({ flow: { hash }, input: null });
    expect(await engine.cancel(run, { by: 'tester', reason: 'enough' })).toBe('taken');
    expect(await engine.ended(run)).toMatchObject({ status: 'cancelled' });
    expect(await engine.cancel(run, { by: 'tester' })).toBe('taken');
    const done = await engine.start({ flow: { hash: await deployed(addOne) }, input: { n: 1 } });
    await engine.ended(done.run);
    expect(await engine.cancel(done.run, { by: 'tester' })).toBe('lost');
    await expect(engine.cancel('019a0000-0000-7000-8000-000000000000', { by: 'tester' })).rejects.toMatchObject({
      code: 'PAWL_RUN_UNKNOWN',
    });
  });

  it('takes the first of several answers to a question', async () => {
    const hash = await deployed(flowText('asking', [{ send: { call: 'test.vanish' } }]));
    const { run } = await engine.start({ flow: { hash }, input: null });
    await waitUntil('a question is open', async () =>
      (await engine.store.decisions({ workspace: 'default', open: true, cursor: null, limit: 10 })).items.some(
        (item) => item.run === run,
      ),
    );
    const shown = await engine.run(run);
    expect(shown).toMatchObject({ status: 'waiting', waitingFor: 'decision' });
    const id = shown.open.find((one) => one.kind === 'decision')?.decision as string;
    const answers = await Promise.allSettled([
      engine.decide(id, { applied: true, output: 'yes' }, { by: 'anna' }),
      engine.decide(id, { applied: true, output: 'yes' }, { by: 'anna' }),
      engine.decide(id, { fail: true }, { by: 'bert' }),
    ]);
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: 'taken' },
      { status: 'rejected', reason: { code: 'PAWL_DECISION_TAKEN' } },
      { status: 'rejected', reason: { code: 'PAWL_DECISION_TAKEN' } },
    ]);
    expect(await engine.ended(run)).toMatchObject({ status: 'completed', output: 'yes' });
    await expect(engine.decide('x', { fail: true }, { by: 'anna' })).rejects.toMatchObject({
      code: 'PAWL_DECISION_UNKNOWN',
    });
  });

  it('serves runs of another worker: starts, shows, watches and cancels them', async () => {
    const other = await bed.another({ worker: 'none' });
    expect(other.worker).toBeUndefined();
    const hash = await deployed(flowText('gated', [{ wait: { call: 'test.gate', with: { name: '${ .gate }' } } }]));
    const { run } = await other.start({ flow: { hash }, input: { gate: 'other' } });
    await waitUntil('the gate is reached', () => bed.bench.waiting.has('other'));
    bed.bench.open('other');
    const types: string[] = [];
    for await (const event of other.watch(run, 0)) types.push(event.type);
    expect(types.at(-1)).toBe('run.completed');
    expect((await other.ended(run))?.status).toBe('completed');
    const waiting = await other.start({
      flow: { hash: await deployed(flowText('endless', [{ wait: { wait: 'PT1H' } }])) },
      input: null,
    });
    await waitUntil('it has begun', async () => (await other.run(waiting.run)).status !== 'pending');
    expect(await other.cancel(waiting.run, { by: 'tester' })).toBe('taken');
  });
});

describe.skipIf(missing !== undefined)('an engine for one run', () => {
  it('advances that run alone', async () => {
    const bed = await openBed('only', { worker: 'none' });
    try {
      const { engine } = bed;
      const { version } = await engine.deploy(addOne, { named: false });
      const [other, own] = [
        await engine.start({ flow: { hash: version.hash }, input: { n: 1 } }),
        await engine.start({ flow: { hash: version.hash }, input: { n: 2 }, key: 'k' }),
      ];
      expect((await engine.run(own.run)).status).toBe('pending');
      await engine.advance(own.run);
      expect(await engine.ended(own.run)).toMatchObject({ status: 'completed', output: { n: 3 } });
      expect(await engine.start({ flow: { hash: version.hash }, input: { n: 2 }, key: 'k' })).toEqual({
        run: own.run,
        replayed: true,
      });
      expect((await engine.run(other.run)).status).toBe('pending');
    } finally {
      await bed.close();
    }
  });

  it('says that nobody has taken a message yet, where nobody works', async () => {
    const bed = await openBed('pending', { worker: 'none' });
    try {
      const { version } = await bed.engine.deploy(addOne);
      const { run } = await bed.engine.start({ flow: { hash: version.hash }, input: { n: 1 } });
      expect(await bed.engine.cancel(run, { by: 'tester' })).toBe('pending');
      const worker = await bed.another({ worker: 'shares' });
      expect((await worker.ended(run))?.endedAt).not.toBeNull();
    } finally {
      await bed.close();
    }
  });

  it('leaves nothing open when it cannot be opened', async () => {
    await expect(openBed('refused', { allowNets: 'everything' })).rejects.toMatchObject({ code: 'PAWL_USAGE' });
  });
});
