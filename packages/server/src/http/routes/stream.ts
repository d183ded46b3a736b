import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { PawlError } from '@pawl/core';
import type { App, AppContext } from '../app.ts';
import * as schemas from '../schemas.ts';

/** Streams that are open at once. */
const longestStreams = 1_000;
/** A line that keeps the connection open is sent after so much silence (ms). */
const heartbeatMs = 15_000;
/** A token that was revoked or has expired ends its streams after so much time (ms). */
const checkMs = 2_000;
/** What a browser waits before it comes back (ms). */
const reconnectMs = 1_000;

const journalSchema = {
  tags: ['runs'],
  summary: 'The journal of a run as server-sent events, until the run ends.',
  description:
    'Each event has its number as `id` and the journal event as `data`; it is sent once it is committed. Last-Event-ID resumes after an event; where nothing follows any more the answer is 204, at which browsers stay away.',
  params: schemas.runParams,
  querystring: schemas.streamQuery,
  produces: ['text/event-stream'],
};

const lifecycleSchema = {
  tags: ['runs'],
  summary: 'The life of a run and its steps as CloudEvents, as server-sent events, until the run ends.',
  description: 'As the stream of the journal; `id` is the number of the event among those of the run.',
  params: schemas.runParams,
  querystring: schemas.streamQuery,
  produces: ['text/event-stream'],
};

/** An event on its way to a reader. */
interface Sent {
  readonly id: number;
  readonly data: unknown;
}

type Watched = AsyncGenerator<Sent, void, undefined>;

/** Following a run: its journal, and its life. */
export async function streamRoute(app: App, { engine, holds, stopping }: AppContext): Promise<void> {
  let open = 0;
  const stream = (reply: FastifyReply, watch: (signal: AbortSignal) => Watched): FastifyReply => {
    if (open >= longestStreams)
      throw new PawlError('PAWL_UNAVAILABLE', `${longestStreams} streams are open; no more can be.`);
    open += 1;
    const gone = new AbortController();
    const check = setInterval(() => {
      // A store that does not answer has no events either.
      holds(reply.request).then(
        (held) => held || gone.abort(),
        () => undefined,
      );
    }, checkMs);
    reply.raw.once('close', () => {
      open -= 1;
      clearInterval(check);
      gone.abort();
    });
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(frames(watch(AbortSignal.any([gone.signal, stopping]))), { objectMode: false }));
  };

  app.get('/api/v1/runs/:id/stream', { schema: journalSchema }, async (request, reply) => {
    const { id } = request.params;
    const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
    const { endedAt } = await engine.summary(id);
    if (endedAt !== null && after > 0 && after >= (await engine.run(id)).seq) return reply.code(204).send();
    return stream(reply, async function* (signal) {
      for await (const event of engine.watch(id, after, signal)) yield { id: event.seq, data: event };
    });
  });

  app.get('/api/v1/runs/:id/lifecycle/stream', { schema: lifecycleSchema }, async (request, reply) => {
    const { id } = request.params;
    const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
    const { endedAt } = await engine.summary(id);
    if (endedAt !== null && after > 0 && (await engine.lifecycle(id, after, 1)).items.length === 0)
      return reply.code(204).send();
    return stream(reply, async function* (signal) {
      for await (const { n, event } of engine.watchLifecycle(id, after, signal)) yield { id: n, data: event };
    });
  });
}

async function* frames(events: Watched): AsyncGenerator<string, void, undefined> {
  yield `retry: ${reconnectMs}\n\n`;
  try {
    let next = events.next();
    for (;;) {
      const got = await withinHeartbeat(next);
      if (got === undefined) {
        yield ': nothing new\n\n';
        continue;
      }
      if (got.done === true) return;
      yield `id: ${got.value.id}\ndata: ${JSON.stringify(got.value.data)}\n\n`;
      next = events.next();
    }
  } finally {
    await events.return();
  }
}

async function withinHeartbeat<T>(next: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), heartbeatMs);
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw new PawlError('PAWL_REQUEST_INVALID', 'Last-Event-ID is the number of an event of this run.');
}
