import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@pawl/core';
import { afterEach, describe, expect, it } from 'vitest';
import { attempt, makeActions, requestFor } from '../actions.fixture.ts';
import { parseHostRule } from '../secrets/hosts.ts';
import { documentOf, listens, serveDocument } from './brokers.fixture.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Where a program is; undefined: not on this machine. */
function programOf(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const programs = {
  nats: programOf('nats-server'),
  redis: programOf('redis-server'),
  mosquitto: programOf('mosquitto'),
  passwords: programOf('mosquitto_passwd'),
};

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Starts a broker of our own, and waits until it listens. */
async function start(program: string, port: number, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  closing.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  await expect.poll(() => listens(port), { timeout: 15_000 }).toBe(true);
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pawl-broker-'));
  closing.push(() => Promise.resolve(rmSync(path, { recursive: true, force: true })));
  return path;
}

/** Publishes to the broker, with each way to say who connects; gives the statuses of what came of it. */
async function publishAs(protocol: string, port: number, authentications: readonly (JsonObject | undefined)[]) {
  const document = await serveDocument(documentOf({ host: `127.0.0.1:${port}`, protocol }, { address: 'c' }));
  const actions = makeActions({ allowNets: '127.0.0.1' });
  closing.push(
    () => document.close(),
    () => actions.close(),
  );
  const statuses: (number | string)[] = [];
  for (const authentication of authentications) {
    const args = { document: { endpoint: document.url }, operation: 'o', message: { payload: {} } };
    const given = authentication === undefined ? args : { ...args, authentication };
    const { outcome, left } = await attempt(actions, requestFor('asyncapi', given, { guarantee: 'once' }));
    expect(JSON.stringify(outcome)).not.toMatch(/right-|wrong-/);
    expect(left).toBe(outcome.kind === 'completed' ? 1 : 0);
    statuses.push('error' in outcome ? outcome.error.status : outcome.kind);
  }
  return statuses;
}

const basic = (password: string): JsonObject => ({ basic: { username: 'pawl', password } });
const bearer = (token: string): JsonObject => ({ bearer: { token } });
const digest = { digest: { username: 'pawl', password: 'right-password' } };

describe('a broker that asks who connects', () => {
  it.skipIf(programs.nats === undefined)('is told by user name and password: nats', async () => {
    const port = await freePort();
    const args = ['-a', '127.0.0.1', '-p', String(port), '--user', 'pawl', '--pass', 'right-password'];
    await start(programs.nats ?? '', port, args);
    const tried = [basic('right-password'), basic('wrong-password'), undefined, digest];
    expect(await publishAs('nats', port, tried)).toEqual(['completed', 401, 401, 400]);
  });

  it.skipIf(programs.nats === undefined)('is told by a token: nats', async () => {
    const port = await freePort();
    await start(programs.nats ?? '', port, ['-a', '127.0.0.1', '-p', String(port), '--auth', 'right-token']);
    expect(await publishAs('nats', port, [bearer('right-token'), bearer('wrong-token')])).toEqual(['completed', 401]);
  });

  it.skipIf(programs.redis === undefined)('is told by a password, or as the user default: redis', async () => {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', 'right-password'];
    await start(programs.redis ?? '', port, [...args, '--save', '', '--dir', folder()]);
    const named = { basic: { username: 'default', password: 'right-password' } };
    const tried = [bearer('right-password'), named, bearer('wrong-password'), undefined];
    expect(await publishAs('redis', port, tried)).toEqual(['completed', 'completed', 401, 401]);
  });

  it.skipIf(programs.mosquitto === undefined || programs.passwords === undefined)(
    'is told by user name and password: mqtt',
    async () => {
      const port = await freePort();
      const [passwords, config] = ['passwords', 'config'].map((name) => join(folder(), name)) as [string, string];
      expect(spawnSync(programs.passwords ?? '', ['-b', '-c', passwords, 'pawl', 'right-password']).status).toBe(0);
      const user = process.getuid?.() === 0 ? 'user root\n' : '';
      writeFileSync(config, `listener ${port} 127.0.0.1\n${user}allow_anonymous false\npassword_file ${passwords}\n`);
      await start(programs.mosquitto ?? '', port, ['-c', config]);
      for (const protocol of ['mqtt', 'mqtt5']) {
        const tried = [basic('right-password'), basic('wrong-password'), undefined, bearer('right-token')];
        expect(await publishAs(protocol, port, tried)).toEqual(['completed', 401, 401, 400]);
      }
    },
  );

  it.skipIf(programs.redis === undefined)('is told a secret by its own hosts alone', async () => {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', 'right-password'];
    await start(programs.redis ?? '', port, [...args, '--save', '', '--dir', folder()]);
    const document = await serveDocument(
      documentOf({ host: `127.0.0.1:${port}`, protocol: 'redis' }, { address: 'c' }),
    );
    closing.push(() => document.close());
    const publishWith = async (host: string) => {
      const secret = { workspace: 'default', name: 'redis', version: 1, value: 'right-password' };
      const secrets = { open: async () => [{ ...secret, hosts: [parseHostRule(host)] }] };
      const actions = makeActions({ allowNets: '127.0.0.1', secrets });
      closing.push(() => actions.close());
      const call = { document: { endpoint: document.url }, operation: 'o', message: { payload: {} } };
      const given = { ...call, authentication: bearer('\ufdd0&"\'<redis\ufdd1') };
      return attempt(actions, requestFor('asyncapi', given, { guarantee: 'once', secrets: ['redis'] }));
    };
    expect(await publishWith(`127.0.0.1:${port}`)).toMatchObject({ left: 1, outcome: { kind: 'completed' } });
    expect(await publishWith('redis.example.com')).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { code: 'PAWL_EGRESS' } },
    });
  });

  it('is connected to by TLS where its protocol says so', async () => {
    const port = await freePort();
    const plain = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .end('no TLS\r\n')
        .resume(),
    );
    await new Promise<void>((resolve) => plain.listen(port, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => plain.close(resolve)));
    const document = await serveDocument(
      documentOf({ host: `127.0.0.1:${port}`, protocol: 'mqtts' }, { address: 'c' }),
    );
    const actions = makeActions({ allowNets: '127.0.0.1' });
    closing.push(
      () => document.close(),
      () => actions.close(),
    );
    const args = { document: { endpoint: document.url }, operation: 'o', message: { payload: {} } };
    const { outcome } = await attempt(actions, requestFor('asyncapi', args, { guarantee: 'once' }));
    expect(outcome).toMatchObject({ kind: 'retryable', left: false });
    expect(JSON.stringify(outcome)).toMatch(/cannot be reached/);
  });
});
