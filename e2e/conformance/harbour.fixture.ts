import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small HTTP service that the flows of this folder call, as they would call a public one. */
export interface Harbour {
  /** Its address, without a slash at the end. */
  readonly url: string;
  close(): void;
}

const boats = [
  { id: 1, name: 'Tern', state: 'moored' },
  { id: 2, name: 'Gull', state: 'moored' },
  { id: 3, name: 'Auk', state: 'sailing' },
];

/** Whom the gate lets in. */
export const visitor = { user: 'harbour-master', password: 'high water' };

/** Starts the service on a free port of 127.0.0.1. */
export async function startHarbour(): Promise<Harbour> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://harbour.test');
  const say = (status: number, body: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.pathname === '/v2/swagger.json') return say(200, description(request.headers.host ?? ''));
  if (url.pathname === '/v2/boats/findByState')
    return say(
      200,
      boats.filter(({ state }) => state === url.searchParams.get('state')),
    );
  if (url.pathname.startsWith('/gate/')) {
    const wanted = `Basic ${Buffer.from(`${visitor.user}:${visitor.password}`).toString('base64')}`;
    return request.headers.authorization === wanted ? say(200, { open: true }) : say(401, { open: false });
  }
  const boat = boats.find(({ id }) => url.pathname === `/v2/boats/${id}`);
  return boat === undefined ? say(404, { message: 'nothing here' }) : say(200, boat);
}

/** The service in the words of Swagger 2.0. */
function description(host: string): object {
  const state = { name: 'state', in: 'query', required: true, type: 'string', enum: ['moored', 'sailing'] };
  const boatId = { name: 'boatId', in: 'path', required: true, type: 'integer', format: 'int64' };
  const boat = { $ref: '#/definitions/Boat' };
  const found = (schema: object): object => ({ 200: { description: 'found', schema } });
  return {
    swagger: '2.0',
    info: { title: 'Harbour', version: '1.0.0' },
    host,
    basePath: '/v2',
    schemes: ['http'],
    produces: ['application/json'],
    paths: {
      '/boats/findByState': {
        get: {
          operationId: 'findBoatsByState',
          parameters: [state],
          responses: found({ type: 'array', items: boat }),
        },
      },
      '/boats/{boatId}': {
        get: { operationId: 'getBoatById', parameters: [boatId], responses: found(boat) },
      },
    },
    definitions: {
      Boat: {
        type: 'object',
        properties: { id: { type: 'integer' }, name: { type: 'string' }, state: { type: 'string' } },
      },
    },
  };
}
