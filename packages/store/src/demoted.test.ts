import { type PawlError, type Store, type WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  journalOf,
  newRunId,
  own,
  startOf,
  type TestDatabase,
  waitUntil,
} from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

/** Makes writes of the sessions in `demoted` fail as on a server that has become a standby. */
const demotion = `
  create table public.demoted (pid integer);
  create function public.refuse() returns trigger language plpgsql as $$
  begin
    if exists (select from public.demoted where pid = pg_backend_pid()) then
      raise exception using errcode = '25006', message = 'cannot execute INSERT in a read-only transaction';
    end if;
    return new;
  end $$;
  create trigger refuse before insert on pawl.snapshot for each row execute function public.refuse();
  create trigger refuse before insert on pawl.run for each row execute function public.refuse();
  create trigger refuse before insert or update on pawl.worker for each row execute function public.refuse();`;

describe('a primary that has become a standby', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: Store;
  let worker: WorkerStore;
  let flow: string;

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_demoted', server.url);
    store = await openStore({ url: database.url });
    worker = await store.joinAsWorker({ id: 'w', shares: true });
    flow = (await deployFlow(store.api)).hash;
    await database.query(demotion);
  });
  afterAll(async () => {
    await worker.close();
    await store.close();
    await database.drop();
    await server.stop();
  });

  const demote = (role: string) =>
    database.query(
      'insert into public.demoted select pid from pg_stat_activity where datname = current_database() and application_name = $1',
      [role],
    );

  it('takes no commit: nothing was written, and the next one goes out on another connection', async () => {
    const lease = await own(worker, 1);
    const run = newRunId(1);
    const commit = commitOf([lease], { starts: [startOf(run, flow)], journal: [journalOf(run, 1)] });
    await demote('pawl commit');
    const refused = await worker.commit(commit).catch((error: unknown) => error);
    expect((refused as PawlError).code).toBe('PAWL_STORE_UNREACHABLE');
    expect(await worker.run(run)).toBeUndefined();
    await worker.commit(commit);
    expect((await worker.run(run))?.journal).toHaveLength(1);
  });

  it('takes no beat: the lock is held again on another connection', async () => {
    await waitUntil('the lock is held', () => worker.lockHeld());
    await demote('pawl beat');
    await expect(worker.beat()).rejects.toMatchObject({ code: 'PAWL_STORE_UNREACHABLE' });
    await waitUntil('it beats again', () =>
      worker.beat().then(
        () => true,
        () => false,
      ),
    );
    expect(worker.lockHeld(), 'the break is told').toBe(false);
    expect(worker.lockHeld()).toBe(true);
  });
});
