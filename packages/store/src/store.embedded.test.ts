import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnknownCommitError } from '@pawl/core';
import { commitOf, deployFlow, journalOf, newRunId, own, startOf, waitUntil } from '@pawl/testkit';
import { storeContract } from '@pawl/testkit/store.testsuite';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { startEmbedded } from './embedded/index.ts';
import { openStore } from './open-store.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'pawl-store-'));
const embedded = await startEmbedded({ dataDir, claim: 'own' });
afterAll(async () => {
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
});

storeContract('the embedded PostgreSQL', async () => {
  const store = await openStore({ url: embedded.url });
  const newLineage = async () => {
    const client = new pg.Client({ connectionString: embedded.url });
    await client.connect();
    await client.query('select pawl.begin_lineage()').finally(() => client.end());
  };
  return { store, hooks: { newLineage }, close: () => store.close() };
});

describe('a server with standbys', () => {
  it('whose wait for them is cut short leaves the commit unknown', async () => {
    const store = await openStore({ url: embedded.poolConfig });
    const worker = await store.joinAsWorker({ id: 'with-standby', shares: true });
    const flow = (await deployFlow(store.api)).hash;
    const lease = await own(worker, 200);
    const run = newRunId(200);
    await worker.commit(commitOf([lease], { starts: [startOf(run, flow)] }));
    let seq = 0;
    await withoutStandby(async (cutShort) => {
      const commit = await cutShort('pawl commit', () =>
        worker.commit(commitOf([lease], { journal: [journalOf(run, (seq += 1))] })),
      );
      await expect(commit.answer).rejects.toBeInstanceOf(UnknownCommitError);
    });
    expect((await worker.run(run))?.journal.at(-1)?.to, 'it was written here').toBe(seq);
    await worker.close();
    await store.close();
  });

  it('answers a start whose wait for them was cut short only once they have it', async () => {
    const store = await openStore({ url: embedded.poolConfig });
    const flow = (await deployFlow(store.api)).hash;
    const message = { kind: 'start', workspace: 'default', flow, input: null, key: null } as const;
    let run = '';
    let start: Cut<unknown> | undefined;
    await withoutStandby(async (cutShort, waits) => {
      start = await cutShort('pawl reads', () => {
        run = newRunId(201);
        return store.api.start({ run, at: 1, message });
      });
      await waitUntil('a write that confirms it waits', () => waits('pawl reads', '%logical_emit_message%'));
      expect(start.settled()).toBe(false);
    });
    expect(await start?.answer).toMatchObject({ run, replayed: false });
    await store.close();
  });
});

/** A write whose wait for a standby was cut short. */
interface Cut<T> {
  readonly answer: Promise<T>;
  settled(): boolean;
}

type Waits = (application: string, statement?: string) => Promise<boolean>;
type CutShort = <T>(application: string, write: () => Promise<T>) => Promise<Cut<T>>;

/** Runs `body` on a server that waits for a standby which does not exist. */
async function withoutStandby(body: (cutShort: CutShort, waits: Waits) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: embedded.url });
  await admin.connect();
  const waiting = "select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = $1";
  const waits: Waits = async (application, statement = '%') =>
    (await admin.query(`${waiting} and query like $2`, [application, statement])).rows.length > 0;
  const cutShort: CutShort = async (application, write) => {
    // The server takes the setting to heart in its own time: the first writes may still pass.
    for (;;) {
      let settled = false;
      const answer = write().finally(() => {
        settled = true;
      });
      answer.catch(() => {});
      await waitUntil('the write passes or waits for the standby', async () => settled || (await waits(application)));
      if (settled) continue;
      await admin.query(`select pg_cancel_backend(pid) from (${waiting}) waiting`, [application]);
      return { answer, settled: () => settled };
    }
  };
  try {
    await admin.query("alter system set synchronous_standby_names = 'far_away'");
    await admin.query('select pg_reload_conf()');
    await body(cutShort, waits);
  } finally {
    await admin.query('set synchronous_commit = local');
    await admin.query('alter system reset synchronous_standby_names');
    await admin.query('select pg_reload_conf()');
    await admin.end();
  }
}
