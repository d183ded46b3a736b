import type * as Otel from '@opentelemetry/api';
import type { RunEvent } from '@pawl/core';
import { nameOf } from '@pawl/core';
import type { AttemptNote, RunEnd } from '@pawl/runtime';
import type { EngineObserver } from '../engine/observers.ts';
import type { FactsOfRuns } from './run-facts.ts';

/** Runs whose spans are open at once; beyond them the oldest ones' spans end. */
const longestMemory = 10_000;
/** Where the API keeps what an SDK has registered. */
const globalKey = Symbol.for('opentelemetry.js.api.1');

interface RunSpans {
  /** Of the run, where it began in this process. */
  readonly root: Otel.Span | undefined;
  /** Of steps and of the attempt under way, by frame. */
  readonly steps: Map<number, Otel.Span>;
  readonly attempts: Map<number, Otel.Span>;
}

/** An observer that makes spans, if this process has a tracer provider; otherwise nothing is loaded and no span is made. */
export async function traceRuns(facts: FactsOfRuns): Promise<EngineObserver | undefined> {
  const registered = (globalThis as { [globalKey]?: { readonly trace?: unknown } })[globalKey];
  if (registered?.trace === undefined) return undefined;
  const api = await import('@opentelemetry/api');
  const traces = new Traces(api, facts);
  return {
    onCommitted: (run, _firstSeq, events, state) => {
      facts.learn(state);
      for (const event of events) traces.event(run, event);
    },
    onAttempt: (note) => traces.attempt(note),
    onEnded: (end) => traces.ended(end),
  };
}

/** One trace a run, a span a step and an attempt. The run's id is the trace's: workers that share a run share its trace. */
class Traces {
  private readonly api: typeof Otel;
  private readonly tracer: Otel.Tracer;
  private readonly facts: FactsOfRuns;
  private readonly runs = new Map<string, RunSpans>();

  constructor(api: typeof Otel, facts: FactsOfRuns) {
    this.api = api;
    this.tracer = api.trace.getTracer('pawl');
    this.facts = facts;
  }

  event(run: string, event: RunEvent): void {
    if (event.type === 'run.started') this.open(run, this.span(run, undefined, `run ${this.title(run)}`, event.at));
    else if (event.type === 'task.started') {
      const spans = this.spansOf(run);
      const span = this.span(run, spans.steps.get(event.p), nameOf(event.step), event.at);
      spans.steps.set(
        event.f,
        span.setAttributes({ 'pawl.step': event.step, 'pawl.kind': event.kind, 'pawl.visit': event.v }),
      );
    } else if (event.type === 'task.completed' || event.type === 'task.cancelled') this.close(run, event.f, event.at);
    else if (event.type === 'task.faulted') this.close(run, event.f, event.at, event.error.detail ?? event.error.type);
  }

  attempt(note: AttemptNote): void {
    const { run, frame, ended } = note;
    const spans = this.spansOf(run);
    if (ended === undefined) {
      const span = this.span(run, spans.steps.get(frame), `attempt ${note.attempt}`);
      span.setAttributes({
        'pawl.step': note.step,
        'pawl.attempt': note.attempt,
        'pawl.effectKey': note.key,
        'pawl.action': note.action,
        'pawl.target': note.target,
      });
      spans.attempts.set(frame, span);
      return;
    }
    const span = spans.attempts.get(frame);
    spans.attempts.delete(frame);
    span?.setAttribute('pawl.outcome', ended.outcome.kind);
    if (ended.outcome.kind !== 'completed') span?.setStatus({ code: this.api.SpanStatusCode.ERROR });
    span?.end();
  }

  ended({ run, status, endedAt }: RunEnd): void {
    const spans = this.runs.get(run);
    spans?.root?.setAttribute('pawl.status', status);
    if (status === 'faulted') spans?.root?.setStatus({ code: this.api.SpanStatusCode.ERROR });
    this.drop(run, endedAt);
    this.facts.forget(run);
  }

  private close(run: string, frame: number, at: number, error?: string): void {
    const spans = this.spansOf(run);
    const span = spans.steps.get(frame);
    spans.steps.delete(frame);
    if (error !== undefined) span?.setStatus({ code: this.api.SpanStatusCode.ERROR, message: error });
    span?.end(at);
  }

  /** A child of `parent`, or of the run's own span, or of the trace that the run's id names. */
  private span(run: string, parent: Otel.Span | undefined, name: string, at?: number): Otel.Span {
    const above = parent ?? this.runs.get(run)?.root;
    const context =
      above === undefined
        ? this.api.trace.setSpanContext(this.api.ROOT_CONTEXT, traceOf(run, this.api.TraceFlags.SAMPLED))
        : this.api.trace.setSpan(this.api.ROOT_CONTEXT, above);
    const attributes = Object.entries(this.facts.of(run)).map(([fact, value]) => [`pawl.${fact}`, value as string]);
    const options = {
      attributes: Object.fromEntries(attributes) as Otel.Attributes,
      ...(at === undefined ? {} : { startTime: at }),
    };
    return this.tracer.startSpan(name, options, context);
  }

  private title(run: string): string {
    const facts = this.facts.of(run);
    return 'flow' in facts ? (facts.flow ?? '') : '';
  }

  private spansOf(run: string): RunSpans {
    return this.runs.get(run) ?? this.open(run, undefined);
  }

  private open(run: string, root: Otel.Span | undefined): RunSpans {
    const spans: RunSpans = { root, steps: new Map(), attempts: new Map() };
    this.runs.set(run, spans);
    if (this.runs.size > longestMemory) this.drop(this.runs.keys().next().value as string);
    return spans;
  }

  private drop(run: string, at?: number): void {
    const spans = this.runs.get(run);
    this.runs.delete(run);
    if (spans === undefined) return;
    for (const span of [...spans.attempts.values(), ...spans.steps.values()]) span.end(at);
    spans.root?.end(at);
  }
}

/** A run's trace: its id is the run's, its root stands for the run wherever it began. */
function traceOf(run: string, traceFlags: Otel.TraceFlags): Otel.SpanContext {
  const traceId = run.replaceAll('-', '');
  return { traceId, spanId: traceId.slice(16), traceFlags, isRemote: true };
}
