import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redactor } from '@pawl/actions';
import { createTestDatabase, type TestDatabase, whyNoServer } from '@pawl/testkit';
import { openStore, type PawlStore, type SealedStore } from '@pawl/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from './key-ring.ts';
import type { KeySource } from './key-ring.ts';
import { rotateKey } from './rotate-key.ts';
import { Vault } from './vault.ts';

const missing = await whyNoServer();
const flow = { namespace: 'shop', name: 'orders' };
const value = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';

describe.skipIf(missing !== undefined)(`the vault${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let database: TestDatabase;
  let store: PawlStore;
  let folder: string;
  let mono = 0;
  const own = (): KeySource => ({ kind: 'own', path: join(folder, 'key') });
  const given = (...keys: string[]): KeySource => ({
    kind: 'given',
    from: 'PAWL_KEY',
    text: async () => keys.join('\n'),
  });
  /** A vault as another process has it. */
  const openVault = (source: KeySource = own(), sealed: SealedStore = store.sealed): Vault => {
    const clock = { now: () => 1_700_000_000_000 + mono, mono: () => mono };
    const vault = new Vault({ keys: new KeyRing(source), clock, workspace: 'default', redactor: new Redactor() });
    vault.bind(sealed);
    return vault;
  };
  const read = async (vault: Vault, name: string) => (await vault.open([name], flow))[0]?.value;

  beforeAll(async () => {
    database = await createTestDatabase('pawl_server_vault');
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    store = await openStore({ url: database.url });
    await database.query('delete from pawl.secret');
    await database.query('delete from pawl.secret_key');
    folder = await mkdtemp(join(tmpdir(), 'pawl-vault-'));
    return async () => {
      await store.close();
      await rm(folder, { recursive: true });
    };
  });

  it('seals values under a key of its own making, which nobody else can read', async () => {
    const vault = openVault();
    await vault.put('secret', 'token', value, {}, { by: 'ada' });
    expect(await read(openVault(), 'token')).toBe(value);
    expect((await stat(join(folder, 'key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['key']);
  });

  it('leaves no value in the database', async () => {
    await openVault().put(
      'secret',
      'login',
      { username: 'ada', password: value },
      { hosts: ['a.example'] },
      { by: 'ada' },
    );
    const dump: string[] = [];
    for (const { name } of await database.query<{ name: string }>(
      "select relname as name from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'pawl' and relkind = 'r'",
    ))
      dump.push(JSON.stringify(await database.query(`select t::text from pawl.${name} t`)));
    const text = dump.join('\n');
    expect(text).toContain('a.example');
    for (const form of [value, Buffer.from(value).toString('hex'), Buffer.from(value).toString('base64').slice(0, 40)])
      expect(text).not.toContain(form);
  });

  it('tells in one sentence that the key is another one', async () => {
    await openVault(given(randomBytes(32).toString('hex'))).put('secret', 'token', value, {}, { by: 'ada' });
    await expect(read(openVault(given(randomBytes(32).toString('base64'))), 'token')).rejects.toMatchObject({
      code: 'PAWL_SECRET_KEY',
      message: expect.stringMatching(
        /^The secrets of this database are sealed with the key \w{16}, and the key here is \w{16} \(PAWL_KEY\)\.$/,
      ),
    });
    await expect(openVault(own()).put('secret', 'b', value, {}, { by: 'ada' })).rejects.toMatchObject({
      code: 'PAWL_SECRET_KEY',
    });
    await expect(read(openVault({ kind: 'none' }), 'token')).rejects.toMatchObject({ code: 'PAWL_SECRET_KEY' });
  });

  it.each(['short', 'x'.repeat(44), ''])('takes no %j for a key', async (text) => {
    await expect(openVault(given(text)).put('secret', 'a', value, {}, { by: 'ada' })).rejects.toMatchObject({
      code: 'PAWL_SECRET_KEY',
    });
  });

  it('does not use a key file that others can read', async () => {
    await openVault().put('secret', 'a', value, {}, { by: 'ada' });
    await chmod(join(folder, 'key'), 0o644);
    await expect(read(openVault(), 'a')).rejects.toThrow(/chmod 600/);
  });

  it('opens no value that was put in the place of another', async () => {
    const vault = openVault();
    await vault.put('secret', 'mine', value, {}, { by: 'ada' });
    await vault.put('secret', 'yours', 'another value', {}, { by: 'ada' });
    await database.query(
      "update pawl.secret s set sealed = o.sealed, wrapped_key = o.wrapped_key from pawl.secret o where s.name = 'yours' and o.name = 'mine'",
    );
    await expect(read(openVault(), 'yours')).rejects.toMatchObject({ code: 'PAWL_SECRET_KEY' });
  });

  it('gives others a changed value within seconds, and a removed one no more', async () => {
    const [writer, reader] = [openVault(), openVault()];
    await writer.put('secret', 'token', 'first value', {}, { by: 'ada' });
    expect(await read(reader, 'token')).toBe('first value');
    await writer.put('secret', 'token', 'second value', {}, { by: 'bob' });
    expect(await read(writer, 'token')).toBe('second value');
    expect(await read(reader, 'token')).toBe('first value');
    mono += 2_001;
    expect(await read(reader, 'token')).toBe('second value');
    await store.sealed.remove(writer.nameOf('secret', 'token'), 'ada', 1);
    mono += 2_001;
    await expect(read(reader, 'token')).rejects.toMatchObject({ code: 'PAWL_SECRET_UNKNOWN', status: 403 });
  });

  it('gives a value to its flows alone', async () => {
    await openVault().put('secret', 'token', value, { flows: ['bank/*'] }, { by: 'ada' });
    await expect(read(openVault(), 'token')).rejects.toMatchObject({ code: 'PAWL_FORBIDDEN' });
    expect(await openVault().open(['token'], { namespace: 'bank', name: 'pay' })).toHaveLength(1);
  });

  it('gives runs of a workspace what belongs to that workspace', async () => {
    const vault = openVault();
    await vault.put('secret', 'token', value, {}, { by: 'ada' });
    await vault.put('connection', 'crm', {}, { connection: { kind: 'postgres', fields: {} } }, { by: 'ada' });
    await expect(vault.open(['token'], { ...flow, workspace: 'staging' })).rejects.toMatchObject({
      code: 'PAWL_SECRET_UNKNOWN',
    });
    expect(await vault.connection('crm', 'staging')).toBeUndefined();
    expect(await vault.open(['token'], { ...flow, workspace: 'default' })).toMatchObject([
      { workspace: 'default', value },
    ]);
  });

  it('makes connections of what it keeps', async () => {
    const fields = { host: 'db.example', user: 'ada', database: 'crm' };
    await openVault().put(
      'connection',
      'crm',
      { password: value },
      { connection: { kind: 'postgres', fields } },
      { by: 'ada' },
    );
    const connection = await openVault().connection('crm');
    expect(connection).toMatchObject({ host: 'db.example', port: 5_432, tls: 'verify' });
    expect(connection?.secret()).toBe(value);
    expect(await openVault().connection('other')).toBeUndefined();
  });

  describe('when its key is rotated', () => {
    const names = Array.from({ length: 5 }, (_, i) => `secret-${i}`);
    const fill = async () => {
      const vault = openVault();
      for (const name of names) await vault.put('secret', name, `value of ${name}`, {}, { by: 'ada' });
    };
    const expectAll = async (source?: KeySource) => {
      const vault = openVault(source);
      for (const name of names) expect(await read(vault, name)).toBe(`value of ${name}`);
    };
    const rotate = (keys: KeyRing, sealed: SealedStore = store.sealed) =>
      rotateKey(sealed, keys, { by: 'ada', now: () => 1, workspace: 'default' });

    it('wraps everything anew, and forgets the old key', async () => {
      await fill();
      const old = await readFile(join(folder, 'key'), 'utf8');
      expect(await rotate(new KeyRing(own()))).toMatchObject({ values: names.length });
      await expectAll();
      expect(await readdir(folder)).toEqual(['key']);
      expect(await readFile(join(folder, 'key'), 'utf8')).not.toBe(old);
      await writeFile(join(folder, 'key'), old);
      await expect(expectAll()).rejects.toMatchObject({ code: 'PAWL_SECRET_KEY' });
    });

    it('goes on wherever it was killed, and every value can be opened all the time', async () => {
      await fill();
      let deaths = 0;
      for (let steps = 0; ; steps++) {
        const { ring, sealed } = dyingAfter(steps);
        const done = await rotate(ring, sealed).then(
          () => true,
          (error: Error) => {
            if (error.message !== 'killed') throw error;
            return false;
          },
        );
        await expectAll();
        const writer = openVault();
        await writer.put('secret', `during-${steps}`, value, {}, { by: 'ada' });
        expect(await read(openVault(), `during-${steps}`)).toBe(value);
        if (done) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(names.length);
      expect(await readdir(folder)).toEqual(['key']);
      await expectAll();
    });

    it('does not lose what is set at the same time by a process that knows the old key alone', async () => {
      await fill();
      const writer = openVault();
      await read(writer, 'secret-0');
      await rotate(new KeyRing(own()));
      await writer.put('secret', 'late', value, {}, { by: 'bob' });
      expect(await read(openVault(), 'late')).toBe(value);
    });

    it('goes to the first of the given keys', async () => {
      const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')];
      const vault = openVault(given(first));
      for (const name of names) await vault.put('secret', name, `value of ${name}`, {}, { by: 'ada' });
      await rotate(new KeyRing(given(second, first)));
      await expectAll(given(second));
      await expect(expectAll(given(first))).rejects.toMatchObject({ code: 'PAWL_SECRET_KEY' });
    });

    /** A process that dies before step number `steps` of what a rotation does to the disk and the store. */
    function dyingAfter(steps: number): { ring: KeyRing; sealed: SealedStore } {
      let left = steps;
      const step = (): void => {
        if (left-- === 0) throw new Error('killed');
      };
      const ring = new (class extends KeyRing {
        override async rotation() {
          step();
          const { key, finish } = await super.rotation();
          step();
          return {
            key,
            finish: async () => {
              step();
              await finish();
              step();
            },
          };
        }
      })(own());
      const sealed: SealedStore = {
        ...store.sealed,
        nameKey: async (id, before) => {
          const named = await store.sealed.nameKey(id, before);
          step();
          return named;
        },
        rewrap: async (...args) => {
          await store.sealed.rewrap(...args);
          step();
        },
      };
      return { ring, sealed };
    }
  });
});
