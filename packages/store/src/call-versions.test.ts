import { createTestDatabase, newRunId, type TestDatabase } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitStatement } from './encode-commit.ts';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

/** A start, as the arrays of a commit in their text form; '{}' where a commit has nothing to say. */
interface OldCommit {
  readonly run: string;
  readonly workspace: number;
  readonly flow: number;
  readonly epoch: number;
}

/**
 * The calls of `pawl.commit` by released versions, newest last. Frozen: a worker that keeps running sends exactly this.
 * The one before the newest must go on working; what is older may be dropped together with its entry here.
 */
const commits: readonly { readonly arguments: number; readonly values: (commit: OldCommit) => string[] }[] = [
  {
    arguments: 55,
    values: ({ run, workspace, flow, epoch }) => [
      ...['{7}', `{${epoch}}`],
      ...['{7}', `{${run}}`, `{${workspace}}`, `{${flow}}`, '{1000}', '{r}', '{-}', '{t}', '{NULL}', '{NULL}'],
      ...['{a-key}', `{"\\\\x${'ab'.repeat(32)}"}`, `{"\\\\x${'cd'.repeat(32)}"}`],
      ...['{7}', `{${run}}`, '{1}', '{3}', '{1}', '{42}', '{[]}'],
      ...['{7}', `{${run}}`, '{w}', '{t}', '{f}', '{NULL}', '{t}', '{5000}'],
      ...['{7}', `{${run}}`, '{3}', '{1}', '{43}', '{state}'],
      ...['{7}', `{${run}}`, `{"\\\\x${'ef'.repeat(32)}"}`, '{large}'],
      ...['{7}', `{${run}}`, '{6000}'],
      ...['{7}', `{${run}}`, '{a-question}', '{/do/0}', '{1000}', '{why}', '{NULL}', '{NULL}', '{NULL}', '{NULL}'],
      ...['{7}', '{11111111-1111-1111-1111-111111111111}'],
    ],
  },
];

describe('calls of the version before', () => {
  let server: TestServer;
  let database: TestDatabase;
  let old: pg.Client;

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_versions', server.url);
    await (await openStore({ url: database.url })).close();
    old = new pg.Client({ connectionString: database.url });
    await old.connect();
  });
  afterAll(async () => {
    await old.end();
    await database.drop();
    await server.stop();
  });

  const commit = (values: string[]) =>
    old.query(`select pawl.commit(${values.map((_, i) => `$${i + 1}`).join(', ')}) as lost`, values);

  const prepare = async (): Promise<OldCommit> => {
    await database.query(`insert into pawl.workspace (name) values ('default') on conflict do nothing`);
    await database.query(
      `insert into pawl.flow (created_at, hash, namespace, name, version, document, source)
         values (0, '\\x01', 'n', 'f', '1.0.0', '{}', '') on conflict do nothing`,
    );
    await database.query('truncate pawl.dedup, pawl.run, pawl.decision');
    await database.query(
      `insert into pawl.inbox (at, key, run, partition, id, message)
         values (0, '11111111-1111-1111-1111-111111111111', $1, 7, 'm', '{}') on conflict do nothing`,
      [newRunId(7)],
    );
    const [numbers] = await database.query<{ workspace: number; flow: number; epoch: number }>(
      `select (select min(id) from pawl.workspace) as workspace, (select min(id) from pawl.flow) as flow,
         (select epoch::int from pawl.lease where partition = 7) as epoch`,
    );
    return { run: newRunId(7), ...numbers! };
  };
  const written = (run: string) =>
    database.query(
      `select r.status, r.waiting_for as waiting, r.timer_at::int as timer, r.key,
         (select array_agg(seq_to) from pawl.journal j where j.run = r.id) as journal,
         (select array_agg(seq) from pawl.snapshot s where s.run = r.id) as snapshots,
         (select array_agg(body) from pawl.payload p where p.run = r.id) as payloads,
         (select array_agg(id) from pawl.decision d where d.run = r.id) as decisions,
         (select array_agg(encode(fingerprint, 'hex')) from pawl.dedup d where d.run = r.id) as fingerprints,
         (select count(*)::int from pawl.inbox) as messages
         from pawl.run r where r.id = $1`,
      [run],
    );

  for (const version of commits) {
    it(`a commit of ${version.arguments} arrays writes all that it says`, async () => {
      const known = await prepare();
      expect((await commit(version.values(known))).rows).toEqual([{ lost: null }]);
      expect(await written(known.run)).toEqual([
        {
          status: 'w',
          waiting: 't',
          timer: 6000,
          key: 'a-key',
          journal: [3],
          snapshots: [3],
          payloads: ['large'],
          decisions: ['a-question'],
          fingerprints: ['cd'.repeat(32)],
          messages: 0,
        },
      ]);
    });

    it(`a commit of ${version.arguments} arrays is answered with the winner of its start key`, async () => {
      const known = await prepare();
      await commit(version.values(known));
      const [{ lost } = { lost: '' }] = (await commit(version.values({ ...known, run: newRunId(7) }))).rows as {
        lost: string;
      }[];
      expect(JSON.parse(lost)).toMatchObject([{ winner: known.run }]);
    });

    it(`a commit of ${version.arguments} arrays is fenced`, async () => {
      const known = await prepare();
      await expect(commit(version.values({ ...known, epoch: known.epoch + 1 }))).rejects.toMatchObject({
        code: 'PW001',
        detail: '7',
      });
      expect(await written(known.run)).toEqual([]);
    });
  }

  it('the newest and the one before exist, told apart by their length alone, and no others', async () => {
    const rows = await database.query<{ length: number }>(
      `select pronargs::int as length from pg_proc where pronamespace = 'pawl'::regnamespace and proname = 'commit' order by 1`,
    );
    const newest = commitStatement.text.match(/\$\d+/g)?.length ?? 0;
    const known = [...new Set([...commits.slice(-2).map((version) => version.arguments), newest])].slice(-2);
    expect(rows.map((row) => row.length).sort((a, b) => a - b)).toEqual(known.sort((a, b) => a - b));
  });

  it('no function has two overloads of one length', async () => {
    expect(
      await database.query(
        `select proname, pronargs from pg_proc where pronamespace = 'pawl'::regnamespace group by 1, 2 having count(*) > 1`,
      ),
    ).toEqual([]);
  });

  it('a worker that knows no formats takes a partition of format 1, and none beyond', async () => {
    const takeOver = async (partition: number) =>
      (
        await old.query<{ taken: boolean }>(
          `select pawl.take_over($1::smallint, (select epoch from pawl.lease where partition = $1), 'old', 1, now()) as taken`,
          [partition],
        )
      ).rows[0]?.taken;
    expect(await takeOver(8)).toBe(true);
    await database.query('update pawl.lease set format = 2 where partition = 9');
    expect(await takeOver(9)).toBe(false);
  });
});
