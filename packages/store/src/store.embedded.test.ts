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
  return { store, hooks: {}, close: () => store.close() };
});

describe('a server with standbys', () => {
  it('whose wait for them is cut short leaves the commit unknown', async () => {
    const store = await openStore({ url: embedded.poolConfig });
    const worker = await store.joinAsWorker({ id: 'with-standby', shares: true });
    const flow = (await deployFlow(store.api)).hash;
    const lease = await own(worker, 200);
    const run = newRunId(200);
    await worker.commit(commitOf([lease], { starts: [startOf(run, flow)] }));
    let written = 0;
    const admin = new pg.Client({ connectionString: embedded.url });
    await admin.connect();
    try {
      await admin.query("alter system set synchronous_standby_names = 'far_away'");
      await admin.query('select pg_reload_conf()');
      const waiting =
        "select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'pawl commit'";
      const waits = async () => (await admin.query(waiting)).rows.length === 1;
      // The server takes the setting to heart in its own time: the first commits may still pass.
      let [commit, seq] = [Promise.resolve<unknown>(undefined), 0];
      for (let passed = true; passed; ) {
        seq += 1;
        let settled = false;
        commit = worker.commit(commitOf([lease], { journal: [journalOf(run, seq)] })).finally(() => {
          settled = true;
        });
        commit.catch(() => {});
        await waitUntil('the commit passes or waits for the standby', async () => settled || (await waits()));
        passed = settled;
      }
      await admin.query(`select pg_cancel_backend(pid) from (${waiting}) waiting`);
      await expect(commit).rejects.toBeInstanceOf(UnknownCommitError);
      written = seq;
    } finally {
      await admin.query('set synchronous_commit = local');
      await admin.query('alter system reset synchronous_standby_names');
      await admin.query('select pg_reload_conf()');
      await admin.end();
    }
    expect((await worker.run(run))?.journal.at(-1)?.to, 'it was written here').toBe(written);
    await worker.close();
    await store.close();
  });
});
