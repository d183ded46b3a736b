import type { Json } from '@pawl/core';
import { principalOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { dataBytes } from '../bodies.ts';
import { keyedRequest } from '../idempotency.ts';
import * as schemas from '../schemas.ts';

const schema = {
  tags: ['runs'],
  summary: 'Starts a run: 202 with its id, once the start is on disk.',
  description:
    '200 with `Idempotency-Replayed: true` where the Idempotency-Key or the start key was used before with the same data; 422 with other data; 409 with the `run` where the flow says `onDuplicate: reject`.',
  params: schemas.flowParams,
  body: schemas.startBody,
  response: { 200: schemas.started, 202: schemas.started, '4xx': schemas.problem },
};

/** Starting a run of a named flow. */
export async function startRoute(app: App, { engine }: AppContext): Promise<void> {
  app.post('/api/v1/flows/:namespace/:name/runs', { schema, bodyLimit: dataBytes }, async (request, reply) => {
    const { params, body } = request;
    const keyed = keyedRequest(request, principalOf(request).name, engine.workspace);
    const { run, replayed } = await engine.start({
      flow: { ...params, ...(body.version === undefined ? {} : { version: body.version }) },
      input: (body.input as Json | undefined) ?? null,
      ...(keyed === undefined ? {} : { request: keyed }),
    });
    void reply.header('location', `/api/v1/runs/${run}`);
    if (replayed) void reply.header('idempotency-replayed', 'true');
    return reply.code(replayed ? 200 : 202).send({ id: run });
  });
}
