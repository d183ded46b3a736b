import type { App, AppContext } from '../app.ts';
import { Metrics } from '../../observe/metrics.ts';

/** Numbers for Prometheus. */
export async function metricsRoute(app: App, { engine }: AppContext): Promise<void> {
  const metrics = new Metrics(engine);
  app.addHook('onClose', async () => metrics.close());
  app.get(
    '/metrics',
    { schema: { tags: ['operation'], summary: 'Metrics in the text format of Prometheus.' } },
    async (_request, reply) => reply.header('content-type', metrics.contentType).send(await metrics.text()),
  );
}
