import swagger from '@fastify/swagger';
import type { App } from './app.ts';

const intro = [
  'The API of one Pawl. Lists answer `{"items": […], "next": cursor|null}`; errors are problem documents (RFC 9457) with a stable `code` and a `hint`.',
  'Every POST takes an `Idempotency-Key`: sent again with the same key and body, it is answered with the first answer and `Idempotency-Replayed: true`; with another body, 422.',
].join('\n\n');

/** Makes the OpenAPI document of the routes that are registered after it, at /api/openapi.json. */
export async function describeApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Pawl',
        version: '1',
        description: intro,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'flows', description: 'Publish and read flow versions.' },
        { name: 'runs', description: 'Start, read, follow and cancel runs.' },
        {
          name: 'decisions',
          description: 'Questions to a person: what steps ask, and effects whose outcome is unknown.',
        },
        { name: 'events', description: 'Send CloudEvents to the flows that listen, and see what became of them.' },
        { name: 'schedules', description: 'What starts flows by itself.' },
        { name: 'access', description: 'Access tokens, and what people did.' },
        { name: 'operation', description: 'Health and metrics.' },
      ],
    },
  });
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
