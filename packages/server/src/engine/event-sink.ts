import type { Actions, ApiStore, Cancellation, Clock, JsonObject, Log, OutgoingEvent } from '@pawl/core';
import { ensureError, PawlError } from '@pawl/core';

/** Where events go that leave Pawl. */
export interface SinkOptions {
  /** Address that each event is posted to. */
  readonly url: string;
  /** Whether the life of tasks is told there too, not of runs alone. */
  readonly tasks: boolean;
}

/** What became of events on their way out, since the start of this process. */
export interface SinkStats {
  readonly sent: number;
  /** Refused by the sink for what they are: they are not sent again. */
  readonly refused: number;
  /** Attempts that failed and are made again. */
  readonly failures: number;
  /** Age of the oldest event that is known to wait here (ms); 0: none is. */
  readonly lag: number;
}

/** What the sink needs of the engine. */
export interface SinkContext {
  readonly api: Pick<ApiStore, 'eventsToSend' | 'eventsSent'>;
  readonly actions: Pick<Actions, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The one sink of a store, whatever its address. */
const name = 'sink';
const lifecycle = 'io.serverlessworkflow.';
/** Events of one read, and how long they may be sent before the next read renews the hold on them (ms). */
const batch = 100;
const batchMs = 15_000;
/** Longest time of one attempt (ms). */
const attemptMs = 15_000;
/** How long this process holds the sink after each read: longer than a batch and its last attempt (ms). */
const holdMs = 45_000;
/** Pause where nothing is to be sent, or another process sends (ms). */
const idleMs = 1_000;
/** Pause after a failure: doubled with each further one, up to the longest (ms). */
const firstPauseMs = 500;
const longestPauseMs = 60_000;
/** Answers by which a sink refuses an event for what it is: sent again it would be refused again. */
const refusals: ReadonlySet<unknown> = new Set([400, 413, 415, 422]);

/** Whether events of the life of runs are made for the sink. */
export function toldToSink(type: string, { tasks }: SinkOptions): boolean {
  return type.startsWith(`${lifecycle}workflow.`) || (tasks && type.startsWith(`${lifecycle}task.`));
}

/**
 * Posts events to a sink, in the order of their acceptance, each until it is taken: an event may come twice, and is never
 * left out. One process at a time does so; where it dies, another one goes on after a while.
 */
export class EventSink {
  private readonly context: SinkContext;
  private readonly options: SinkOptions;
  private readonly holder: string;
  private counts = { sent: 0, refused: 0, failures: 0 };
  private oldest: number | undefined;
  private failed = 0;
  private stopped = false;
  private readonly stopCalls = new Set<() => void>();
  private readonly done: Promise<void>;

  /** Begins at once. Throws PAWL_USAGE for what is no address. */
  constructor(context: SinkContext, options: SinkOptions, holder: string) {
    if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
      throw new PawlError('PAWL_USAGE', 'PAWL_EVENT_SINK must be an http or https address.');
    this.context = context;
    this.options = options;
    this.holder = holder;
    this.done = this.work();
  }

  /** Numbers about what went out. */
  stats(): SinkStats {
    const { oldest, counts, context } = this;
    return { ...counts, lag: oldest === undefined ? 0 : Math.max(0, context.clock.now() - oldest) };
  }

  /** Sends no more; what was not sent is sent by others, or after the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const call of this.stopCalls) call();
    await this.done;
    // Another process need not wait until the hold runs out. Where this fails, it does.
    const at = this.context.clock.now();
    await this.context.api.eventsToSend({ name, holder: this.holder, at, until: at }, 0).catch(() => undefined);
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      let pause: number;
      try {
        pause = await this.sendNext();
      } catch (error) {
        this.context.log.warn({ err: ensureError(error) }, 'Events for the sink could not be read; Pawl tries again.');
        pause = idleMs;
      }
      if (pause > 0) await this.rest(pause);
    }
  }

  /** Sends what waits; resolves with the pause before the next look (ms). */
  private async sendNext(): Promise<number> {
    const { api, clock } = this.context;
    const at = clock.now();
    const events = await api.eventsToSend({ name, holder: this.holder, at, until: at + holdMs }, batch);
    this.oldest = events?.[0]?.at;
    if (events === undefined || events.length === 0) return idleMs;
    const end = clock.mono() + batchMs;
    const gone: string[] = [];
    let pause = 0;
    for (const event of events) {
      if (this.stopped || clock.mono() > end) break;
      pause = await this.send(event);
      if (pause > 0) break;
      gone.push(event.event);
    }
    if (gone.length > 0) await api.eventsSent(name, gone);
    return pause;
  }

  /** Posts an event; 0 where it need not be sent again, else the pause before it is (ms). */
  private async send({ event, type, body }: OutgoingEvent): Promise<number> {
    const cancellation = this.within(attemptMs);
    const outcome = await this.context.actions.run(
      {
        action: 'http',
        args: {
          ...{ method: 'post', endpoint: this.options.url, output: 'raw' },
          headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
          body: JSON.parse(body) as JsonObject,
        },
        ...{ guarantee: 'idempotent', key: event, attempt: 1, run: '', step: 'event-sink' },
        flow: { namespace: 'pawl', name: 'event-sink' },
      },
      cancellation,
      () => undefined,
    );
    cancellation.end();
    if (outcome.kind === 'completed') {
      this.counts.sent += 1;
      this.failed = 0;
      return 0;
    }
    if (this.stopped) return idleMs;
    const error = 'error' in outcome ? outcome.error : undefined;
    if (outcome.kind === 'terminal' && refusals.has(error?.status)) {
      this.counts.refused += 1;
      this.context.log.error({ type, event, error }, 'The event sink refused an event; it is not sent again.');
      return 0;
    }
    this.counts.failures += 1;
    this.failed += 1;
    // Said once, and not at each further attempt.
    if (this.failed === 1) this.context.log.warn({ error }, 'The event sink takes no events; Pawl tries again.');
    const asked = outcome.kind === 'retryable' ? (outcome.afterMs ?? 0) : 0;
    return Math.min(longestPauseMs, Math.max(asked, firstPauseMs * 2 ** Math.min(this.failed - 1, 20)));
  }

  private within(ms: number): Cancellation & { end(): void } {
    const calls: (() => void)[] = [];
    let cancelled = false;
    const cancel = (): void => {
      if (cancelled) return;
      cancelled = true;
      for (const call of calls) call();
    };
    const stop = this.context.clock.after(ms, cancel);
    this.stopCalls.add(cancel);
    if (this.stopped) cancel();
    return {
      get cancelled() {
        return cancelled;
      },
      onCancel: (callback) => void (cancelled ? callback() : calls.push(callback)),
      end: () => {
        stop();
        this.stopCalls.delete(cancel);
      },
    };
  }

  private rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.context.clock.after(ms, resolve);
    this.stopCalls.add(resolve);
    if (this.stopped) resolve();
    return promise.finally(() => {
      stop();
      this.stopCalls.delete(resolve);
    });
  }
}
