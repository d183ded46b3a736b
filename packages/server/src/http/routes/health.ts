import { ensureError, PawlError } from '@pawl/core';
import type { App, AppContext } from '../app.ts';

/** How long an answer of the database stands (ms), and how long it is waited for: anybody may ask. */
const standsMs = 1_000;
const patienceMs = 2_000;

/** Whether the process lives, and whether it can work. */
export async function healthRoutes(app: App, { engine }: AppContext): Promise<void> {
  let checked: { readonly at: number; readonly ready: Promise<string | undefined> } | undefined;
  const whyNotReady = (): Promise<string | undefined> => {
    if (checked === undefined || performance.now() - checked.at > standsMs) {
      checked = { at: performance.now(), ready: check(engine) };
    }
    return checked.ready;
  };

  app.get('/healthz', { schema: { tags: ['operation'], summary: 'The process lives.' } }, async () => ({
    status: 'ok',
  }));
  app.get('/readyz', { schema: { tags: ['operation'], summary: 'Runs can be accepted and advanced.' } }, async () => {
    const reason = await whyNotReady();
    if (reason !== undefined) throw new PawlError('PAWL_UNAVAILABLE', reason);
    return { status: 'ready' };
  });
}

async function check(engine: AppContext['engine']): Promise<string | undefined> {
  // The engine has said so in the log.
  if (engine.refusesWrites) return 'The database takes no writes.';
  const { store, workspace, log } = engine;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
  });
  try {
    await Promise.race([store.flows({ workspace, cursor: null, limit: 1 }), late]);
    return undefined;
  } catch (error) {
    log.warn({ err: ensureError(error) }, 'Pawl is not ready: the database does not answer.');
    return 'The database does not answer.';
  } finally {
    clearTimeout(timer);
  }
}
