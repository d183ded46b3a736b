import type { Json } from '@pawl/core';
import type { SecretChange } from '@pawl/store';
import type { KeptSecret } from '../../secrets/secret-admin.ts';
import { principalOf, senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import { listOf, problem, reasonBody, reasonQuery } from '../schemas.ts';
import * as schemas from '../secret-schemas.ts';

const tags = ['secrets'];
const params = schemas.nameParams;
const problems = { '4xx': problem };
const created = 201;
/** A value and what is around it (bytes). */
const secretBytes = 131_072;

/** Secrets of the workspace: their values are written, and never read. */
export async function secretRoutes(app: App, { engine, answers }: AppContext): Promise<void> {
  const { secrets } = engine;

  const list = { tags, summary: 'All secrets, by name.', response: { 200: listOf(schemas.secret), ...problems } };
  app.get('/api/v1/secrets', { schema: list }, async () => ({
    items: (await secrets.list('secret')).map(secretView),
    next: null,
  }));

  const read = {
    tags,
    summary: 'A secret, without its value.',
    params,
    response: { 200: schemas.secret, ...problems },
  };
  app.get('/api/v1/secrets/:name', { schema: read }, async ({ params: { name } }) =>
    secretView(await secrets.get('secret', name)),
  );

  const set = {
    tags,
    summary: 'Sets a secret: its value, hosts and flows. 201 when it is new.',
    params,
    body: schemas.secretBody,
    response: { 200: schemas.keptVersion, 201: schemas.keptVersion, ...problems },
  };
  app.put('/api/v1/secrets/:name', { schema: set, bodyLimit: secretBytes }, async (request, reply) => {
    const { name } = request.params;
    const { value, hosts, flows } = request.body;
    const input = {
      value: value as Json,
      ...(hosts === undefined ? {} : { hosts }),
      ...(flows === undefined ? {} : { flows }),
    };
    const version = await secrets.setSecret(name, input, senderOf(request, request.body.reason));
    return reply.code(version === 1 ? created : 200).send({ name, version });
  });

  const remove = {
    tags,
    summary: 'Removes a secret; flows that name it can then not send what they would.',
    params,
    querystring: reasonQuery,
    response: { 200: schemas.removed, ...problems },
  };
  app.delete('/api/v1/secrets/:name', { schema: remove }, async (request) => {
    const { name } = request.params;
    const { usedBy } = await secrets.remove('secret', name, senderOf(request, request.query.reason));
    return { name, usedBy: [...usedBy] };
  });

  const test = {
    tags,
    summary: 'Says whether the value of a secret can be opened.',
    params,
    response: { 200: schemas.tested, ...problems },
  };
  app.post('/api/v1/secrets/:name/test', { schema: test }, async (request, reply) => {
    const answer = await answers.once(keyedRequest(request, principalOf(request).name, engine.workspace), async () => ({
      status: 200,
      body: { ...(await secrets.testSecret(request.params.name)) },
    }));
    return sendAnswer(reply, answer);
  });
  keyRoutes(app, { engine, answers });
}

/** The record of changes, and the rotation of the master key. */
function keyRoutes(app: App, { engine, answers }: Pick<AppContext, 'engine' | 'answers'>): void {
  const { secrets } = engine;
  const changes = {
    tags,
    summary: 'Who changed which secret or connection and when, the newest first.',
    response: { 200: listOf(schemas.change), ...problems },
  };
  app.get('/api/v1/secret-changes', { schema: changes }, async () => ({
    items: (await secrets.changes()).map(changeView),
    next: null,
  }));

  const rotate = {
    tags,
    summary: 'Wraps every value by a new master key; goes on where a rotation was cut off.',
    body: reasonBody,
    response: { 200: schemas.rotated, ...problems },
  };
  app.post('/api/v1/secret-key/rotate', { schema: rotate }, async (request, reply) => {
    const sender = senderOf(request, request.body?.reason);
    const answer = await answers.once(keyedRequest(request, sender.by, engine.workspace), async () => ({
      status: 200,
      body: { ...(await secrets.rotateKey(sender)) },
    }));
    return sendAnswer(reply, answer);
  });
}

/** What the API shows of a secret or connection. */
export function secretView({ connection: _, createdAt, updatedAt, ...kept }: KeptSecret) {
  return {
    ...kept,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    hosts: kept.hosts === null ? null : [...kept.hosts],
    flows: kept.flows === null ? null : [...kept.flows],
    usedBy: [...kept.usedBy],
  };
}

function changeView({ at, settings, ...change }: SecretChange) {
  return {
    ...change,
    at: new Date(at).toISOString(),
    settings: settings === null ? null : (JSON.parse(settings) as Json),
  };
}
