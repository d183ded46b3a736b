import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunEvent } from '@pawl/core';
import type { AttemptNote } from '@pawl/runtime';
import type { Engine } from '../engine/engine.ts';
import type { StoreNote } from '../engine/observers.ts';

const commitSeconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10];
const commitRuns = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const attemptSeconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Names of step ends, by the event that tells of them. */
const stepEnds: Readonly<Record<string, string>> = {
  'task.completed': 'completed',
  'task.faulted': 'faulted',
  'task.cancelled': 'cancelled',
  'task.skipped': 'skipped',
};

/**
 * What a worker and its process do, in numbers for Prometheus. Labels are statuses, outcomes and names of actions, of
 * which there are few: nothing of a user's data.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly stop: () => void;
  private readonly runsStarted = this.counter('pawl_runs_started_total', 'Runs begun by this worker.');
  private readonly runsEnded = this.counter('pawl_runs_ended_total', 'Runs ended by this worker.', ['status']);
  private readonly steps = this.counter('pawl_steps_total', 'Steps ended.', ['outcome']);
  private readonly attempts = this.counter('pawl_attempts_total', 'Attempts ended.', ['action', 'outcome']);
  private readonly attemptTime = this.histogram('pawl_attempt_seconds', 'Length of attempts.', attemptSeconds, [
    'action',
  ]);
  private readonly commits = this.counter('pawl_commits_total', 'Commits sent.', ['outcome']);
  private readonly commitTime = this.histogram(
    'pawl_commit_seconds',
    'Time of a commit, with its way to the database.',
    commitSeconds,
  );
  private readonly commitSize = this.histogram('pawl_commit_runs', 'Runs in one commit.', commitRuns);
  private readonly takeovers = this.counter('pawl_takeovers_total', 'Partitions taken, free ones too.');
  private readonly loads = this.counter('pawl_parked_loads_total', 'Runs read back into memory one by one.');
  private readonly quarantined = this.counter('pawl_runs_quarantined_total', 'Runs set aside.');

  constructor(engine: Engine) {
    collectDefaultMetrics({ register: this.registry });
    this.gauges(engine);
    this.stop = engine.observe({
      onCommitted: (_run, _firstSeq, events) => this.countEvents(events),
      onAttempt: (note) => this.countAttempt(note),
      onEnded: ({ status }) => this.runsEnded.inc({ status }),
      onQuarantined: () => this.quarantined.inc(),
      onStore: (note) => this.countStore(note),
    });
  }

  /** Type of `text`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics as text. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Stops counting. */
  close(): void {
    this.stop();
    this.registry.clear();
  }

  private countEvents(events: readonly RunEvent[]): void {
    for (const { type } of events) {
      const outcome = stepEnds[type];
      if (outcome !== undefined) this.steps.inc({ outcome });
      else if (type === 'run.started') this.runsStarted.inc();
    }
  }

  private countAttempt({ action, startedAt, ended }: AttemptNote): void {
    if (ended === undefined) return;
    this.attempts.inc({ action, outcome: ended.outcome.kind });
    this.attemptTime.observe({ action }, (ended.at - startedAt) / 1_000);
  }

  private countStore(note: StoreNote): void {
    if (note.kind === 'takeover') return this.takeovers.inc();
    if (note.kind === 'load') return this.loads.inc();
    if (note.kind === 'failure') return;
    this.commits.inc({ outcome: note.outcome });
    if (note.outcome !== 'done') return;
    this.commitTime.observe(note.ms / 1_000);
    this.commitSize.observe(note.runs);
  }

  private gauges(engine: Engine): void {
    const stats = () => engine.worker?.stats();
    this.gauge('pawl_partitions_owned', 'Partitions that this worker owns.', () => stats()?.partitions ?? 0);
    this.gauge('pawl_runs_in_memory', 'Runs in memory.', () => stats()?.runs ?? 0);
    this.gauge('pawl_attempts_open', 'Attempts under way.', () => stats()?.openAttempts ?? 0);
    this.gauge('pawl_commit_queue_runs', 'Runs that wait for the next commit.', () => stats()?.gathering ?? 0);
    const sink = () => engine.sink?.stats();
    const lag = 'Age of the oldest event that waits for the event sink, where this process sends.';
    this.gauge('pawl_event_sink_lag_seconds', lag, () => (sink()?.lag ?? 0) / 1_000);
    this.gauge('pawl_event_sink_sent', 'Events that the sink took since the start.', () => sink()?.sent ?? 0);
    this.gauge('pawl_event_sink_refused', 'Events that the sink refused for good.', () => sink()?.refused ?? 0);
    this.gauge('pawl_event_sink_failures', 'Failed attempts to send an event.', () => sink()?.failures ?? 0);
    this.gauge('pawl_inbox_messages', 'Messages held whose end is not committed yet.', () => stats()?.messages ?? 0);
  }

  private counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: () => gauge.set(read()),
    });
  }
}
