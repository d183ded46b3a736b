import type { Json, Verdict } from '@pawl/core';
import { PawlError } from '@pawl/core';
import type { Static } from 'typebox';
import { principalOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { dataBytes } from '../bodies.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { decisionView } from '../views.ts';

const tags = ['decisions'];
const problems = { '4xx': schemas.problem };

/** Questions about effects whose outcome is unknown, and their answers. */
export async function decisionRoutes(app: App, { engine, answers }: AppContext): Promise<void> {
  const list = {
    tags,
    summary: 'Questions to a person, the oldest first.',
    querystring: schemas.decisionsQuery,
    response: { 200: schemas.listOf(schemas.decision), ...problems },
  };
  app.get('/api/v1/decisions', { schema: list }, async ({ query }) => {
    const { workspace } = engine;
    const page = await engine.questions({
      workspace,
      open: query.open ?? true,
      cursor: query.cursor ?? null,
      limit: schemas.pageSize(query),
    });
    return { items: page.items.map(decisionView), next: page.next };
  });

  const decide = {
    tags,
    summary:
      'Answers a question: 200 when this answer was the first, 409 when another was, 202 when that takes longer than 5 s.',
    description:
      '`applied: true` completes the step with `output`; `applied: false` sends it again; `fail: true` raises the error.',
    params: schemas.decisionParams,
    body: schemas.decisionBody,
    response: { 200: schemas.verdict, 202: schemas.verdict, ...problems },
  };
  app.post('/api/v1/decisions/:id', { schema: decide, bodyLimit: dataBytes }, async (request, reply) => {
    const { id } = request.params;
    const by = principalOf(request).name;
    const { reason } = request.body;
    const answer = await answers.once(keyedRequest(request, by, engine.workspace), async () => {
      const verdict = await engine.decide(id, verdictOf(request.body), {
        by,
        ...(reason === undefined ? {} : { reason }),
      });
      if (verdict === 'lost') throw new PawlError('PAWL_DECISION_TAKEN', `The question ${id} was answered before.`);
      return { status: verdict === 'taken' ? 200 : 202, body: { id, verdict } };
    });
    return sendAnswer(reply, answer);
  });
}

function verdictOf(body: Static<typeof schemas.decisionBody>): Verdict {
  if ('fail' in body) return { fail: true };
  return body.applied ? { applied: true, output: (body.output as Json | undefined) ?? null } : { applied: false };
}
