import type { FlowVersion } from '@pawl/core';
import { PawlError } from '@pawl/core';
import { senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { flowBytes, readTextBodies } from '../bodies.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { flowItemView, flowView } from '../views.ts';

/** Publishing and reading flow versions. */
export async function flowRoutes(app: App, context: AppContext): Promise<void> {
  const { store, workspace } = context.engine;
  await app.register(async (scope) => {
    readTextBodies(scope);
    deployRoute(scope as unknown as App, context);
  });

  app.get('/api/v1/flows', { schema: { ...listSchema, querystring: schemas.listQuery } }, async ({ query }) => {
    const page = await store.flows({ workspace, cursor: query.cursor ?? null, limit: schemas.pageSize(query) });
    return { items: page.items.map(flowItemView), next: page.next };
  });

  const find = async (namespace: string, name: string, version?: string): Promise<FlowVersion> => {
    const flow = await store.flowVersion(workspace, namespace, name, version);
    if (flow !== undefined) return flow;
    throw new PawlError(
      'PAWL_FLOW_UNKNOWN',
      `There is no flow ${namespace}/${name}${version === undefined ? '' : ` in version ${version}`}.`,
    );
  };
  app.get(
    '/api/v1/flows/:namespace/:name',
    { schema: { ...readSchema, params: schemas.flowParams } },
    async ({ params }) => flowView(await find(params.namespace, params.name)),
  );
  app.get(
    '/api/v1/flows/:namespace/:name/versions/:version',
    { schema: { ...readSchema, summary: 'A version of a flow.', params: schemas.flowVersionParams } },
    async ({ params }) => flowView(await find(params.namespace, params.name, params.version)),
  );
}

const listSchema = {
  tags: ['flows'],
  summary: 'All flow versions, the newest of each flow first.',
  response: { 200: schemas.listOf(schemas.flowItem), '4xx': schemas.problem },
};

const readSchema = {
  tags: ['flows'],
  summary: 'The newest version of a flow.',
  response: { 200: schemas.flowVersion, '4xx': schemas.problem },
};

const deploySchema = {
  tags: ['flows'],
  summary: 'Publishes a flow version: 201 when it is new, 200 when it is known with this content.',
  description:
    'The body is a flow document as YAML or JSON. What is wrong with it is listed in `problems`, each with its place.',
  consumes: ['application/yaml', 'application/json'],
  querystring: schemas.reasonQuery,
  response: { 200: schemas.deployment, 201: schemas.deployment, '4xx': schemas.problem },
};

function deployRoute(app: App, { engine, answers }: AppContext): void {
  app.post('/api/v1/flows', { schema: deploySchema, bodyLimit: flowBytes }, async (request, reply) => {
    const text = request.body;
    if (typeof text !== 'string')
      throw new PawlError('PAWL_REQUEST_INVALID', 'The request has no body; it must be a flow document.');
    const sender = senderOf(request, request.query.reason);
    const keyed = keyedRequest(request, sender.by, engine.workspace);
    const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
    const answer = await answers.once(keyed, async () => {
      const { version, outcome, problems } = await engine.deploy(text, {
        format: isJson ? 'json' : 'yaml',
        sender,
      });
      const { namespace, name, version: number, hash } = version;
      return {
        status: outcome === 'created' ? 201 : 200,
        body: { namespace, name, version: number, hash, problems },
        headers: { location: `/api/v1/flows/${namespace}/${name}/versions/${encodeURIComponent(number)}` },
      };
    });
    return sendAnswer(reply, answer);
  });
}
