import type { Json } from '@pawl/core';
import { principalOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { dataBytes } from '../bodies.ts';
import { eventsOf, readEventBodies } from '../event-bodies.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { eventView } from '../views.ts';

const tags = ['events'];
const problems = { '4xx': schemas.problem };
const accepted = 202;

/** Accepting events, and reading what became of them. */
export async function eventRoutes(app: App, context: AppContext): Promise<void> {
  const { store, workspace } = context.engine;
  await app.register(async (scope) => {
    readEventBodies(scope);
    acceptRoute(scope as unknown as App, context);
  });

  const list = {
    tags,
    summary: 'Accepted events, the newest first.',
    querystring: schemas.eventsQuery,
    response: { 200: schemas.listOf(schemas.eventItem), ...problems },
  };
  app.get('/api/v1/events', { schema: list }, async ({ query }) => {
    const page = await store.events({
      workspace,
      ...(query.type === undefined ? {} : { type: query.type }),
      ...(query.wanted === undefined ? {} : { wanted: query.wanted }),
      cursor: query.cursor ?? null,
      limit: schemas.pageSize(query),
    });
    return { items: page.items.map(eventView), next: page.next };
  });
}

const acceptSchema = {
  tags,
  summary: 'Accepts CloudEvents 1.0, all or none: 202 once they are on disk.',
  description:
    'One event as application/cloudevents+json or application/json, several as application/cloudevents-batch+json or a JSON array, or one with its attributes in `ce-` headers and its data as the body. An event whose source and id are known changes nothing (`new: false`).',
  consumes: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'],
  response: { 202: schemas.acceptedEvents, ...problems },
};

function acceptRoute(app: App, { engine, answers }: AppContext): void {
  app.post('/api/v1/events', { schema: acceptSchema, bodyLimit: dataBytes }, async (request, reply) => {
    // An event without data has no body, which no parser sees.
    request.body ??= eventsOf(request.headers, Buffer.alloc(0));
    const keyed = keyedRequest(request, principalOf(request).name, engine.workspace);
    const answer = await answers.once(keyed, async () => {
      const events = await engine.acceptEvents(request.body as Json[]);
      const fresh = events.filter(({ isNew }) => isNew).length;
      return {
        status: accepted,
        body: {
          accepted: fresh,
          known: events.length - fresh,
          events: events.map(({ source, id, isNew }) => ({ source, id, new: isNew })),
        },
      };
    });
    return sendAnswer(reply, answer);
  });
}
