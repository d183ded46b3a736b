import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isRunning, makeHarness, query, until } from './harness.ts';
import { startEmbedded } from './index.ts';
import { isAlive } from './processes.ts';

const { dataFolder, makeTemplate, startProcess, clean } = makeHarness();
let template: string;
beforeAll(async () => {
  template = await makeTemplate();
}, 60_000);
afterAll(clean, 60_000);

describe('one owner', { timeout: 60_000 }, () => {
  it('refuses a second owner while the first lives, also one in the same process, and no longer', async () => {
    const dataDir = dataFolder(template);
    const first = startProcess({ dataDir, claim: 'own' });
    expect(await first.report).toMatchObject({ event: 'up' });
    const refusal = { code: 'PAWL_STORE_DATA_IN_USE', message: expect.stringContaining(`process ${first.child.pid}`) };
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject(refusal);
    // A refused one must not have taken anything from the first.
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject(refusal);
    await first.stop();

    const second = await startEmbedded({ dataDir, claim: 'own' });
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject({ code: 'PAWL_STORE_DATA_IN_USE' });
    const rival = startProcess({ dataDir, claim: 'own' });
    expect(await rival.report).toMatchObject({ event: 'refused', code: 'PAWL_STORE_DATA_IN_USE' });
    await second.stop();
  });

  it('lets one of several that start at once on a fresh folder own it, and those that join work', async () => {
    const dataDir = dataFolder();
    const owners = [startProcess({ dataDir, claim: 'own' }), startProcess({ dataDir, claim: 'own' })];
    const joiner = startProcess({ dataDir, claim: 'join' });
    const reports = await Promise.all(owners.map((owner) => owner.report));
    const joined = await joiner.report;
    expect(reports.map(({ event }) => event).toSorted()).toEqual(['refused', 'up']);
    expect(reports.find(({ event }) => event === 'refused')).toMatchObject({ code: 'PAWL_STORE_DATA_IN_USE' });
    const up = reports.find(({ event }) => event === 'up');
    expect(joined).toMatchObject({ event: 'up', pid: up?.pid, url: up?.url });
    expect(await query(joined.url, 'select 1 as one')).toEqual([{ one: 1 }]);

    // The owner leaves in order: PostgreSQL stays for the one that joined, and goes with it.
    await owners[reports.findIndex(({ event }) => event === 'up')]?.stop();
    expect(await query(joined.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await joiner.stop();
    expect(isRunning(dataDir)).toBe(false);
  });
});

describe('after kill -9', { timeout: 60_000 }, () => {
  it('adopts the PostgreSQL that a killed owner left, with all that was committed', async () => {
    const dataDir = dataFolder(template);
    const killed = startProcess({ dataDir, claim: 'own', graceMs: 20_000 });
    const { url, pid } = await killed.report;
    await query(url, 'create table kept as select 42 as answer');
    await killed.kill();
    const successor = await startEmbedded({ dataDir, claim: 'own', graceMs: 0 });
    expect(successor).toMatchObject({ adopted: true, pid, url });
    expect(await query(successor.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await successor.stop();
    expect(isRunning(dataDir)).toBe(false);
  });

  it('stops PostgreSQL in order when nobody takes it over', async () => {
    const dataDir = dataFolder(template);
    const killed = startProcess({ dataDir, claim: 'own', graceMs: 0 });
    const { pid } = await killed.report;
    await killed.kill();
    await until('PostgreSQL is stopped', () => !isAlive(pid) && !isRunning(dataDir));
    const log = readFileSync(join(dataDir, 'pg18.log'), 'utf8');
    expect(log.trim().split('\n').at(-1)).toContain('database system is shut down');
  });

  it('keeps PostgreSQL up while somebody who joined uses it', async () => {
    const dataDir = dataFolder(template);
    const owner = startProcess({ dataDir, claim: 'own', graceMs: 0 });
    const { pid } = await owner.report;
    const joiner = startProcess({ dataDir, claim: 'join', graceMs: 0 });
    expect(await joiner.report).toMatchObject({ adopted: true, pid });
    await owner.kill();
    const successor = await startEmbedded({ dataDir, claim: 'own', graceMs: 0 });
    expect(successor).toMatchObject({ adopted: true, pid });
    await joiner.kill();
    await successor.stop();
    await until('PostgreSQL is stopped', () => !isRunning(dataDir));
  });

  it('loses nothing when owners are killed again and again, whatever the watcher is doing', async () => {
    const dataDir = dataFolder(template);
    const rounds = 6;
    for (let round = 0; round < rounds; round += 1) {
      const owner = startProcess({ dataDir, claim: 'own', graceMs: round % 2 === 0 ? 0 : 100 });
      const { url } = await owner.report;
      await query(url, 'create table if not exists kept (round int primary key)');
      await query(url, `insert into kept values (${round})`);
      await owner.kill();
    }
    const last = await startEmbedded({ dataDir, claim: 'own' });
    expect(await query(last.url, 'select count(*)::int as n from kept')).toEqual([{ n: rounds }]);
    await last.stop();
  });
});

describe('when PostgreSQL dies', { timeout: 60_000 }, () => {
  it('starts it again after kill -9 of the postmaster, even while one of its children is busy', async () => {
    const dataDir = dataFolder(template);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    const { pid, url } = embedded;
    const deaths: number[] = [];
    embedded.onExit((exit) => deaths.push(exit.pid));
    await query(url, 'create table kept as select 42 as answer');
    // One long expression evaluation that does not look around for its dead postmaster.
    const busy = query(url, 'select count(*) from generate_series(1, 1000000000) as n').catch(
      (error: unknown) => error,
    );
    await until('the child is busy', async () => {
      const rows = await query(
        url,
        "select from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1%' and pid <> pg_backend_pid()",
      );
      return rows.length === 1;
    });
    process.kill(pid, 'SIGKILL');
    await until('PostgreSQL is up again', () => embedded.pid !== pid);
    expect(deaths).toEqual([pid]);
    expect(embedded.url).toBe(url);
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await busy).toBeInstanceOf(Error);
    await embedded.stop();
    expect(isRunning(dataDir)).toBe(false);
  });

  it('lets two processes that see it die end up on the same new one', async () => {
    const dataDir = dataFolder(template);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    const joined = await startEmbedded({ dataDir, claim: 'join' });
    process.kill(embedded.pid, 'SIGKILL');
    const old = embedded.pid;
    await until('both have a new one', () => embedded.pid !== old && joined.pid !== old);
    expect(joined.pid).toBe(embedded.pid);
    await embedded.stop();
    expect(await query(joined.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await joined.stop();
    expect(isRunning(dataDir)).toBe(false);
  });
});
