import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attributes, Context, Span, SpanContext, SpanOptions, SpanStatus, TimeInput } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { waitUntil } from '@pawl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { flowText, missing, openBed } from '../engine.fixture.ts';
import { Metrics } from './metrics.ts';

/** A span that remembers what it was told; the SDK is not a dependency. */
class TestSpan implements Span {
  readonly name: string;
  readonly parent: string | undefined;
  readonly own: SpanContext;
  attributes: Attributes;
  status: SpanStatus | undefined;
  endedAt: TimeInput | undefined | null = null;

  constructor(name: string, options: SpanOptions, parent: SpanContext | undefined, number: number) {
    this.name = name;
    this.parent = parent?.spanId;
    this.own = { traceId: parent?.traceId ?? 'none', spanId: number.toString(16).padStart(16, '0'), traceFlags: 1 };
    this.attributes = { ...options.attributes };
  }

  spanContext = (): SpanContext => this.own;
  setAttribute(key: string, value: string): this {
    return this.setAttributes({ [key]: value });
  }
  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }
  setStatus(status: SpanStatus): this {
    this.status = status;
    return this;
  }
  end(at?: TimeInput): void {
    this.endedAt = at;
  }
  addEvent = (): this => this;
  addLink = (): this => this;
  addLinks = (): this => this;
  updateName = (): this => this;
  isRecording = (): boolean => this.endedAt === null;
  recordException(): void {}
}

function registerTracer(): TestSpan[] {
  const spans: TestSpan[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, context?: Context): Span => {
    const span = new TestSpan(
      name,
      options,
      context === undefined ? undefined : trace.getSpanContext(context),
      spans.length + 1,
    );
    spans.push(span);
    return span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }) });
  return spans;
}

describe.skipIf(missing !== undefined)(
  `what is told of runs${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    const closers: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
      trace.disable();
    });

    it('is one trace a run, named by its id, with a span a step and attempt', async () => {
      const spans = registerTracer();
      const bed = await openBed('traces');
      closers.push(() => bed.close());
      const text = flowText(
        'traced',
        [
          { outer: { do: [{ inner: { call: 'test.echo', with: { n: 1 } } }] } },
          { broken: { raise: { error: { type: 'https://a.example/x', status: 400, title: 'x' } } } },
        ],
        {},
        { start: { key: 'k' } },
      );
      await bed.engine.deploy(text.replace('"key":"k"', '"key":"${ .id }"'));
      const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'traced' }, input: { id: 'k1' } });
      await bed.engine.ended(run);
      await waitUntil('all spans have ended', () => spans.length === 5 && spans.every((span) => span.endedAt !== null));
      const byName = Object.fromEntries(spans.map((span) => [span.name, span])) as Record<string, TestSpan>;
      const root = byName['run test/traced'];
      expect(new Set(spans.map((span) => span.own.traceId))).toEqual(new Set([run.replaceAll('-', '')]));
      expect(byName['outer']?.parent).toBe(root?.own.spanId);
      expect(byName['inner']?.parent).toBe(byName['outer']?.own.spanId);
      expect(byName['attempt 1']?.parent).toBe(byName['inner']?.own.spanId);
      expect(byName['attempt 1']?.attributes).toMatchObject({
        'pawl.run': run,
        'pawl.flow': 'test/traced',
        'pawl.version': '1.0.0',
        'pawl.startKey': 'k1',
        'pawl.environment': 'default',
        'pawl.attempt': 1,
        'pawl.effectKey': expect.stringMatching(/^.{24}$/) as string,
        'pawl.outcome': 'completed',
      });
      expect(byName['broken']?.status?.code).toBe(2);
      expect(root).toMatchObject({ status: { code: 2 }, attributes: { 'pawl.status': 'faulted' } });
    });

    it('holds no secret that a target shows in its answer', async () => {
      const spans = registerTracer();
      const target = createServer((request, response) => {
        response.writeHead(422, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: 'not accepted', headers: request.headers }));
      });
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      closers.push(() => new Promise((resolve) => target.close(() => resolve())));
      const key = randomBytes(32).toString('hex');
      const keys = { kind: 'given', from: 'the test', text: () => Promise.resolve(key) } as const;
      const bed = await openBed('traced_secrets', { keys, allowNets: '127.0.0.1' });
      closers.push(() => bed.close());
      await bed.engine.secrets.setSecret('token', { value: 'a-token-that-nobody-sees' }, { by: 'ada' });
      const endpoint = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
      const call = { call: 'http', with: { method: 'get', endpoint, headers: { 'x-key': '${ $secrets.token }' } } };
      const { version } = await bed.engine.deploy(flowText('told', [{ call }], { use: { secrets: ['token'] } }));
      const { run } = await bed.engine.start({ flow: { hash: version.hash }, input: null });
      await bed.engine.ended(run);
      await waitUntil('all spans have ended', () => spans.length === 3 && spans.every((span) => span.endedAt !== null));
      const told = JSON.stringify(spans.map(({ attributes, status, name }) => [name, attributes, status]));
      expect(told).toContain('«secret token»');
      expect(told).not.toContain('a-token-that-nobody-sees');
    });

    it('is no span at all without a tracer, and lines at the level debug only', async () => {
      const lines: { fields: Readonly<Record<string, unknown>>; message: string }[] = [];
      const note = (fields: Readonly<Record<string, unknown>>, message: string): void =>
        void lines.push({ fields, message });
      const log = { debug: note, info: note, warn: note, error: note };
      const bed = await openBed('lines', { log, logLevel: 'debug' });
      closers.push(() => bed.close());
      await bed.engine.deploy(flowText('lined', [{ a: { call: 'test.echo', with: { n: 1 } } }]));
      const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'lined' }, input: null });
      await bed.engine.ended(run);
      const ofRun = () => lines.filter((line) => line.fields['run'] === run);
      await waitUntil('the end is told', () => ofRun().length >= 4);
      expect(ofRun().map((line) => line.message)).toEqual([
        'A run began.',
        'An attempt began.',
        'An attempt ended.',
        'A run ended.',
      ]);
      expect(ofRun()[2]?.fields).toMatchObject({
        flow: 'test/lined',
        version: '1.0.0',
        step: '/do/0/a',
        attempt: 1,
        outcome: 'completed',
        environment: 'default',
      });
      const quiet = await bed.another({ logLevel: 'info' });
      const before = ofRun().length;
      await quiet.stop();
      expect(ofRun().length).toBe(before);
    });

    it('is counted without names of users: statuses, outcomes and actions are the only labels', async () => {
      const bed = await openBed('metrics');
      closers.push(() => bed.close());
      const metrics = new Metrics(bed.engine);
      await bed.engine.deploy(
        flowText('counted', [{ a: { call: 'test.echo', with: { n: 1 } } }, { b: { set: { n: 1 } } }]),
      );
      for (const key of ['secret-1', 'secret-2']) {
        const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'counted' }, input: null, key });
        await bed.engine.ended(run);
      }
      await waitUntil('both ends are counted', async () =>
        /pawl_runs_ended_total\{status="completed"\} 2/.test(await metrics.text()),
      );
      const text = await metrics.text();
      expect(text).toContain('pawl_runs_started_total 2');
      expect(text).toContain('pawl_steps_total{outcome="completed"} 4');
      expect(text).toContain('pawl_attempts_total{action="test.echo",outcome="completed"} 2');
      expect(text).toMatch(/pawl_commits_total\{outcome="done"\} [1-9]/);
      expect(text).not.toMatch(/secret|counted/);
      metrics.close();
    });
  },
);
