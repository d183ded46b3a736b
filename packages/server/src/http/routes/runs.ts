import { PawlError } from '@pawl/core';
import { principalOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { runItemView, runView } from '../views.ts';

const tags = ['runs'];
const problems = { '4xx': schemas.problem };

/** Reading runs and their journals. */
export async function runRoutes(app: App, context: AppContext): Promise<void> {
  const { engine } = context;
  const { store, workspace } = engine;

  const list = {
    tags,
    summary: 'Runs, the newest first.',
    querystring: schemas.runsQuery,
    response: { 200: schemas.listOf(schemas.runItem), ...problems },
  };
  app.get('/api/v1/runs', { schema: list }, async ({ query }) => {
    const [namespace, name, more] = query.flow?.split('/') ?? [];
    if (query.flow !== undefined && (!namespace || !name || more !== undefined))
      throw new PawlError('PAWL_REQUEST_INVALID', `"${query.flow.slice(0, 200)}" names no flow: write namespace/name.`);
    if (query.parent !== undefined) {
      if (query.flow !== undefined || query.status !== undefined)
        throw new PawlError('PAWL_REQUEST_INVALID', 'The runs of a `parent` are listed without other filters.');
      const { items, next } = await engine.children(query.parent, {
        cursor: query.cursor ?? null,
        limit: schemas.pageSize(query),
      });
      return { items: items.map(runItemView), next };
    }
    const page = await store.runs({
      workspace,
      cursor: query.cursor ?? null,
      limit: schemas.pageSize(query),
      ...(query.status === undefined ? {} : { status: query.status }),
      ...(namespace === undefined || name === undefined ? {} : { flow: { namespace, name } }),
    });
    return { items: page.items.map(runItemView), next: page.next };
  });

  const one = {
    tags,
    summary: 'A run as it is now.',
    params: schemas.runParams,
    response: { 200: schemas.run, ...problems },
  };
  app.get('/api/v1/runs/:id', { schema: one }, async ({ params }) => runView(await engine.run(params.id)));

  const journal = {
    tags,
    summary: 'The journal of a run, in order.',
    params: schemas.runParams,
    querystring: schemas.journalQuery,
    response: { 200: schemas.listOf(schemas.event), ...problems },
  };
  app.get('/api/v1/runs/:id/journal', { schema: journal }, async ({ params, query }) => {
    const { items, more } = await engine.journal(params.id, Number(query.cursor ?? 0), schemas.pageSize(query));
    return { items: [...items], next: more ? String(items.at(-1)?.seq ?? 0) : null };
  });

  const state = {
    tags,
    summary: 'The folded state of a run after an event.',
    params: schemas.runParams,
    querystring: schemas.stateQuery,
    response: { 200: schemas.anyJson, ...problems },
  };
  app.get('/api/v1/runs/:id/state', { schema: state }, async ({ params, query }) => engine.state(params.id, query.at));

  lifecycleRoute(app, context);
  cancelRoute(app, context);
  resumeRoute(app, context);
}

function lifecycleRoute(app: App, { engine }: AppContext): void {
  const life = {
    tags,
    summary: 'The life of a run and its steps as CloudEvents, in order.',
    params: schemas.runParams,
    querystring: schemas.journalQuery,
    response: { 200: schemas.listOf(schemas.anyJson), ...problems },
  };
  app.get('/api/v1/runs/:id/lifecycle', { schema: life }, async ({ params, query }) => {
    const { items, more } = await engine.lifecycle(params.id, Number(query.cursor ?? 0), schemas.pageSize(query));
    return { items: items.map(({ event }) => event), next: more ? String(items.at(-1)?.n ?? 0) : null };
  });
}

function cancelRoute(app: App, { engine, answers }: AppContext): void {
  const schema = {
    tags,
    summary:
      'Asks a run to end: 200 once its owner has taken it, 202 when that takes longer than 5 s, 409 when it has ended otherwise.',
    params: schemas.runParams,
    body: schemas.reasonBody,
    response: { 200: schemas.verdict, 202: schemas.verdict, ...problems },
  };
  app.post('/api/v1/runs/:id/cancel', { schema }, async (request, reply) => {
    const { id } = request.params;
    const by = principalOf(request).name;
    const reason = request.body?.reason;
    const answer = await answers.once(keyedRequest(request, by, engine.workspace), async () => {
      const verdict = await engine.cancel(id, { by, ...(reason === undefined ? {} : { reason }) });
      if (verdict === 'lost')
        throw new PawlError('PAWL_RUN_ENDED', `Run ${id} had ended before it could be cancelled.`);
      return { status: verdict === 'taken' ? 200 : 202, body: { id, verdict } };
    });
    return sendAnswer(reply, answer);
  });
}

function resumeRoute(app: App, { engine, answers }: AppContext): void {
  const schema = {
    tags,
    summary: 'Lets a run go on that was set aside: 200 once that is recorded, 409 when it was not set aside.',
    description: 'Who did it and why is recorded. Where deciding the run fails again, it is set aside again.',
    params: schemas.runParams,
    body: schemas.reasonBody,
    response: { 200: schemas.resumed, ...problems },
  };
  app.post('/api/v1/runs/:id/resume', { schema }, async (request, reply) => {
    const { id } = request.params;
    const by = principalOf(request).name;
    const reason = request.body?.reason;
    const answer = await answers.once(keyedRequest(request, by, engine.workspace), async () => {
      await engine.resume(id, { by, ...(reason === undefined ? {} : { reason }) });
      return { status: 200, body: { id } };
    });
    return sendAnswer(reply, answer);
  });
}
