import { senderOf } from '../access.ts';
import type { App, AppContext } from '../app.ts';
import { keyedRequest, sendAnswer } from '../idempotency.ts';
import * as schemas from '../schemas.ts';
import { scheduleView } from '../views.ts';

const tags = ['schedules'];
const problems = { '4xx': schemas.problem };
const summaries = {
  pause: 'Starts no run of the flow by itself until it is resumed. Runs under way go on.',
  resume: 'Lets a schedule go on. Ticks and events that came meanwhile are left out.',
} as const;

/** What starts flows by itself. A schedule is made, changed and ended by deploying its flow. */
export async function scheduleRoutes(app: App, { engine, answers }: AppContext): Promise<void> {
  const list = {
    tags,
    summary: 'Schedules in force, by namespace and name.',
    querystring: schemas.listQuery,
    response: { 200: schemas.listOf(schemas.schedule), ...problems },
  };
  app.get('/api/v1/schedules', { schema: list }, async ({ query }) => {
    const page = await engine.schedules({ cursor: query.cursor ?? null, limit: schemas.pageSize(query) });
    return { items: page.items.map(scheduleView), next: page.next };
  });

  for (const what of ['pause', 'resume'] as const) {
    const schema = {
      tags,
      summary: summaries[what],
      params: schemas.flowParams,
      body: schemas.reasonBody,
      response: { 200: schemas.schedule, ...problems },
    };
    app.post(`/api/v1/schedules/:namespace/:name/${what}`, { schema }, async (request, reply) => {
      const { namespace, name } = request.params;
      const sender = senderOf(request, request.body?.reason);
      const answer = await answers.once(keyedRequest(request, sender.by, engine.workspace), async () => {
        const change =
          what === 'pause'
            ? engine.pauseSchedule(namespace, name, sender)
            : engine.resumeSchedule(namespace, name, sender);
        return { status: 200, body: scheduleView(await change) };
      });
      return sendAnswer(reply, answer);
    });
  }
}
