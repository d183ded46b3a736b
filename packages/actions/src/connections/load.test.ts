import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnections } from './connections.ts';
import { loadConnections } from './load.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-connections-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, 'connections');
  await rm(path, { force: true });
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('loadConnections', () => {
  test('without a path there are none', () => {
    expect(loadConnections(undefined).names()).toEqual([]);
    expect(loadConnections('').names()).toEqual([]);
  });

  test('reads YAML and JSON, parts and URLs', async () => {
    const yaml =
      'crm: {kind: postgres, host: db.example, user: u, database: d, password: hunter2, flows: ["sales/*"], allow: "db.example:5432"}\nshop:\n  kind: postgres\n  url: postgres://u%40x:p%3Aw@[::1]:6543/d?sslmode=disable\n';
    const read = loadConnections(await fileOf(yaml));
    expect(read.names()).toEqual(['crm', 'shop']);
    expect(read.get('crm')).toMatchObject({
      host: 'db.example',
      port: 5432,
      user: 'u',
      database: 'd',
      tls: 'verify',
      endpoints: [{ host: 'db.example', port: 5432 }],
    });
    expect(read.get('crm')?.secret()).toBe('hunter2');
    expect(read.get('shop')).toMatchObject({ host: '::1', port: 6543, user: 'u@x', database: 'd', tls: 'off' });
    expect(read.get('shop')?.secret()).toBe('p:w');
    expect(read.get('other')).toBeUndefined();
    const json = JSON.stringify({ a: { kind: 'postgres', url: 'postgresql://me@127.0.0.1/' } });
    expect(loadConnections(await fileOf(json)).get('a')).toMatchObject({
      host: '127.0.0.1',
      database: 'me',
      tls: 'off',
    });
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o620])('refuses a file with mode %o', async (mode) => {
    const path = await fileOf('{}', mode);
    expect(() => loadConnections(path)).toThrow(
      expect.objectContaining({
        code: 'PAWL_CONNECTION_FILE',
        message: expect.stringContaining('chmod 600') as string,
      }) as Error,
    );
  });

  test('refuses a missing file, a folder and a file that is no object', async () => {
    for (const path of [join(folder, 'missing'), folder, await fileOf('[]')]) {
      expect(() => loadConnections(path)).toThrow(expect.objectContaining({ code: 'PAWL_CONNECTION_FILE' }) as Error);
    }
  });

  test.each([
    'a: {kind: postgres, host: hunter2, user: u}',
    'a: {kind: mysql, url: "mysql://u:hunter2@h/d"}',
    'a: {kind: postgres, url: "http://u:hunter2@h/d"}',
    'a: {kind: postgres, url: "postgres://u:hunter2@/d"}',
    'a: {kind: postgres, host: h, user: u, database: d, port: hunter2}',
    'a: {kind: postgres, host: h, user: u, database: d, pasword: hunter2}',
    'a: {kind: postgres, host: h, user: u, database: d, allow: nonsense}',
    'a: {password: hunter2\nb: [',
    'a: &x {kind: postgres, host: h, user: u, database: d, password: hunter2}\nb: *x',
    '"a b": {kind: postgres, host: h, user: u, database: d, password: hunter2}',
    'a: {kind: postgres, password: hunter2}\na: {kind: postgres}',
  ])('refuses %j without repeating a value of it', async (text) => {
    const path = await fileOf(text);
    expect(() => loadConnections(path)).toThrow(
      expect.objectContaining({
        code: 'PAWL_CONNECTION_FILE',
        message: expect.not.stringContaining('hunter2') as string,
      }) as Error,
    );
  });
});

describe('a connection', () => {
  const definition = { kind: 'postgres', host: 'h', port: 1, user: 'u', database: 'd', password: 'hunter2' } as const;

  test('shows its password to nobody who prints it', () => {
    const connection = createConnections({ a: definition }).get('a');
    expect(inspect(connection, { depth: 9, showHidden: true })).not.toContain('hunter2');
    expect(JSON.stringify(connection)).not.toContain('hunter2');
    expect(Object.values(connection ?? {})).not.toContain('hunter2');
  });

  test('is open to all flows, or to those of its patterns', () => {
    const own = createConnections({
      all: definition,
      some: { ...definition, flows: ['sales/*', 'ops/import.v2'] },
      none: { ...definition, flows: [] },
    });
    const open = (name: string, namespace: string, flow: string) => own.get(name)?.isOpenTo({ namespace, name: flow });
    expect(open('all', 'x', 'y')).toBe(true);
    expect(open('some', 'sales', 'anything')).toBe(true);
    expect(open('some', 'ops', 'import.v2')).toBe(true);
    expect(open('some', 'ops', 'importxv2')).toBe(false);
    expect(open('some', 'presales', 'x')).toBe(false);
    expect(open('some', 'sales/x', 'y')).toBe(false);
    expect(open('none', 'x', 'y')).toBe(false);
  });

  test('of memory comes before one of the file', () => {
    const more = createConnections({ a: { ...definition, host: 'file' }, b: definition });
    const all = createConnections({ a: { ...definition, host: 'memory' } }, more);
    expect([all.names(), all.get('a')?.host, all.get('b')?.host]).toEqual([['a', 'b'], 'memory', 'h']);
  });
});
