import type { JsonObject } from '@pawl/core';
import type { KeptSecret } from '../../secrets/secret-admin.ts';
import { principalOf, senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import { listOf, problem, reasonQuery } from '../schemas.ts';
import * as schemas from '../secret-schemas.ts';
import { secretView } from './secrets.ts';

const tags = ['connections'];
const params = schemas.nameParams;
const problems = { '4xx': problem };
const created = 201;

const remove = {
  tags,
  summary: 'Removes a connection.',
  params,
  querystring: reasonQuery,
  response: { 200: schemas.removed, ...problems },
};

/** Connections of the workspace: accounts at targets, whose secret fields are written, and never read. */
export async function connectionRoutes(app: App, { engine, answers }: AppContext): Promise<void> {
  const { secrets } = engine;

  const list = {
    tags,
    summary: 'All connections of the store, by name.',
    response: { 200: listOf(schemas.connection), ...problems },
  };
  app.get('/api/v1/connections', { schema: list }, async () => ({
    items: (await secrets.list('connection')).map(connectionView),
    next: null,
  }));

  const read = {
    tags,
    summary: 'A connection, without its secret fields.',
    params,
    response: { 200: schemas.connection, ...problems },
  };
  app.get('/api/v1/connections/:name', { schema: read }, async ({ params: { name } }) =>
    connectionView(await secrets.get('connection', name)),
  );

  const set = {
    tags,
    summary: 'Sets a connection, all of it. 201 when it is new.',
    description: 'What is not given is not kept: who changes where a connection goes must know its secrets.',
    params,
    body: schemas.connectionBody,
    response: { 200: schemas.keptVersion, 201: schemas.keptVersion, ...problems },
  };
  app.put('/api/v1/connections/:name', { schema: set }, async (request, reply) => {
    const { name } = request.params;
    const { kind, fields, secrets: sealed = {}, hosts, flows } = request.body;
    const input = {
      kind,
      fields: fields as JsonObject,
      secrets: sealed as JsonObject,
      ...(hosts === undefined ? {} : { hosts }),
      ...(flows === undefined ? {} : { flows }),
    };
    const version = await secrets.setConnection(name, input, senderOf(request, request.body.reason));
    return reply.code(version === 1 ? created : 200).send({ name, version });
  });

  app.delete('/api/v1/connections/:name', { schema: remove }, async (request) => {
    const { name } = request.params;
    const { usedBy } = await secrets.remove('connection', name, senderOf(request, request.query.reason));
    return { name, usedBy: [...usedBy] };
  });

  const test = {
    tags,
    summary: 'Connects, as a flow would: for a database, `select 1`.',
    params,
    response: { 200: schemas.tested, ...problems },
  };
  app.post('/api/v1/connections/:name/test', { schema: test }, async (request, reply) => {
    const answer = await answers.once(keyedRequest(request, principalOf(request).name, engine.workspace), async () => ({
      status: 200,
      body: { ...(await secrets.testConnection(request.params.name)) },
    }));
    return sendAnswer(reply, answer);
  });
}

function connectionView(kept: KeptSecret) {
  return {
    ...secretView(kept),
    kind: kept.connection?.kind ?? '',
    fields: { ...kept.connection?.fields } as Record<string, string | number>,
  };
}
