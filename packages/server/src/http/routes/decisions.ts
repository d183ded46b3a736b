import type { Json, Verdict } from '@pawl/core';
import { PawlError } from '@pawl/core';
import type { Static } from 'typebox';
import { mayAnswer } from '../../access/may-answer.ts';
import { principalOf, senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { dataBytes } from '../bodies.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { decisionView } from '../views.ts';

const tags = ['decisions'];
const problems = { '4xx': schemas.problem };

/** Questions to people, by steps that ask and about effects whose outcome is unknown, and their answers. */
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
      ...(query.assignee === undefined ? {} : { assignee: query.assignee }),
      cursor: query.cursor ?? null,
      limit: schemas.pageSize(query),
    });
    return { items: page.items.map(decisionView), next: page.next };
  });

  const show = {
    tags,
    summary: 'A question with its form, open or decided.',
    params: schemas.decisionParams,
    response: { 200: schemas.decision, ...problems },
  };
  app.get('/api/v1/decisions/:id', { schema: show }, async ({ params }) =>
    decisionView(await engine.question(params.id)),
  );

  const decide = {
    tags,
    summary:
      'Answers a question: 200 when this answer was the first, 409 when another was, 202 when that takes longer than 5 s.',
    description:
      'What a step asks is answered by `decision`, with the data that its form asks for; data that do not fit are answered by 400, with pointers into them. Of an effect whose outcome is unknown, `applied: true` completes the step with `output`; `applied: false` sends it again; `fail: true` raises the error.',
    params: schemas.decisionParams,
    body: schemas.decisionBody,
    response: { 200: schemas.verdict, 202: schemas.verdict, ...problems },
  };
  app.post('/api/v1/decisions/:id', { schema: decide, bodyLimit: dataBytes }, async (request, reply) => {
    const { id } = request.params;
    const by = principalOf(request).name;
    const { reason } = request.body;
    const answer = await answers.once(keyedRequest(request, by, engine.workspace), async () => {
      const { ask } = await engine.question(id);
      if (ask !== undefined && !mayAnswer(principalOf(request), ask.to))
        throw new PawlError('PAWL_FORBIDDEN', `${by} may not answer this: it is asked of ${ask.to.join(', ')}.`);
      const verdict = await engine.decide(id, verdictOf(request.body), senderOf(request, reason));
      return { status: verdict === 'pending' ? 202 : 200, body: { id, verdict } };
    });
    return sendAnswer(reply, answer);
  });
}

function verdictOf(body: Static<typeof schemas.decisionBody>): Verdict {
  if ('fail' in body) return { fail: true };
  if ('decision' in body) {
    const { decision, data } = body;
    return { decision, ...(data === undefined ? {} : { data: data as Json }) };
  }
  return body.applied ? { applied: true, output: (body.output as Json | undefined) ?? null } : { applied: false };
}
