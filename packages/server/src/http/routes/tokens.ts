import { PawlError } from '@pawl/core';
import type { TokenRow } from '@pawl/store';
import * as schemas from '../access-schemas.ts';
import { principalOf, senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import { listOf, problem, reasonBody } from '../schemas.ts';

const tags = ['access'];
const problems = { '4xx': problem };
const created = 201;

/** Named access tokens. A token itself is shown once, in the answer that makes it. */
export async function tokenRoutes(app: App, { engine, answers }: AppContext): Promise<void> {
  const { tokens } = engine;
  const list = { tags, summary: 'All access tokens, by name.', response: { 200: listOf(schemas.token), ...problems } };
  app.get('/api/v1/tokens', { schema: list }, async () => ({
    items: (await tokens.list()).map(tokenView),
    next: null,
  }));

  const add = {
    tags,
    summary: 'Makes an access token: the answer alone shows it.',
    description: 'It takes no Idempotency-Key, since the answer is kept nowhere.',
    body: schemas.tokenBody,
    response: { 201: schemas.madeToken, ...problems },
  };
  app.post('/api/v1/tokens', { schema: add }, async (request, reply) => {
    if (request.headers['idempotency-key'] !== undefined)
      throw new PawlError('PAWL_REQUEST_INVALID', 'A token is not made under an Idempotency-Key.', {
        hint: 'Send it without the header. If the answer is lost, revoke the token and make another one.',
      });
    const { name, role, expiresAt, reason } = request.body;
    const expires = expiresAt === undefined ? null : Date.parse(expiresAt);
    const made = await tokens.add({ name, role, expiresAt: expires }, senderOf(request, reason));
    return reply.code(created).send({ ...tokenView(made.row), token: made.token });
  });

  const revoke = {
    tags,
    summary: 'Takes the rights of a token away, from the next request on.',
    params: schemas.tokenParams,
    body: reasonBody,
    response: { 200: schemas.token, ...problems },
  };
  app.post('/api/v1/tokens/:name/revoke', { schema: revoke }, async (request, reply) => {
    const keyed = keyedRequest(request, principalOf(request).name, engine.workspace);
    const answer = await answers.once(keyed, async () => ({
      status: 200,
      body: tokenView(await tokens.revoke(request.params.name, senderOf(request, request.body?.reason))),
    }));
    return sendAnswer(reply, answer);
  });
}

function tokenView({ createdAt, expiresAt, revokedAt, usedAt, ...token }: TokenRow) {
  return {
    ...token,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: timeOf(expiresAt),
    revokedAt: timeOf(revokedAt),
    usedAt: timeOf(usedAt),
  };
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
