import { createTestDatabase, type TestDatabase } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type PawlStore } from './open-store.ts';
import type { NewSealedRow } from './secrets.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('sealed values', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: PawlStore;
  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_secrets', server.url);
    store = await openStore({ url: database.url });
    await store.sealed.nameKey('key-1', undefined);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
    await server.stop();
  });

  const of = (name: string) => ({ workspace: 'default', kind: 'secret', name }) as const;
  const row = (name: string, version: number, more: Partial<NewSealedRow> = {}): NewSealedRow => ({
    ...of(name),
    version,
    updatedAt: 1_000 + version,
    updatedBy: 'ada',
    settings: '{}',
    keyId: 'key-1',
    wrappedKey: Buffer.from([1, version]),
    sealed: Buffer.from([2, version]),
    ...more,
  });

  it('are replaced by newer versions alone, and their numbers survive a removal', async () => {
    const { sealed } = store;
    expect(await sealed.nextVersion(of('a'))).toBe(1);
    expect(await sealed.put(row('a', 1))).toBe('put');
    expect(await sealed.put(row('a', 1))).toBe('raced');
    expect(await sealed.put(row('a', 2))).toBe('put');
    expect(await sealed.get(of('a'))).toMatchObject({ version: 2, createdAt: 1_001, sealed: Buffer.from([2, 2]) });
    expect(await sealed.remove(of('a'), 'bob', 5)).toBe(true);
    expect(await sealed.remove(of('a'), 'bob', 5)).toBe(false);
    expect(await sealed.get(of('a'))).toBeUndefined();
    expect(await sealed.nextVersion(of('a'))).toBe(3);
    expect((await sealed.changes('default', 3)).map(({ change, by, version }) => [change, by, version])).toEqual([
      ['remove', 'bob', 2],
      ['set', 'ada', 2],
      ['set', 'ada', 1],
    ]);
  });

  it('belong to their workspace', async () => {
    await store.sealed.put(row('mine', 1, { workspace: 'other' }));
    expect(await store.sealed.get(of('mine'))).toBeUndefined();
    expect((await store.sealed.list('other', 'secret')).map(({ name }) => name)).toEqual(['mine']);
  });

  it('are refused under a key that is not the named one, and wrapped anew', async () => {
    const { sealed } = store;
    await sealed.put(row('r', 1));
    expect(await sealed.nameKey('key-2', 'key-1')).toBe('key-2');
    expect(await sealed.nameKey('key-3', 'key-1'), 'somebody rotated before').toBe('key-2');
    expect(await sealed.put(row('r', 2))).toBe('other-key');
    for (const old of await sealed.underOtherKeys('key-2', 100)) await sealed.rewrap(old, 'key-2', Buffer.from([9]));
    expect(await sealed.underOtherKeys('key-2', 100)).toEqual([]);
    expect(await sealed.get(of('r'))).toMatchObject({ version: 1, keyId: 'key-2', wrappedKey: Buffer.from([9]) });
  });

  it('leave a record that nobody can change', async () => {
    for (const statement of ["update pawl.secret_change set by = 'x'", 'delete from pawl.secret_change'])
      await expect(database.query(statement)).rejects.toThrow(/only added/);
  });
});
