// Pawl in the process of the harness: it starts the runs and works on them. PAWL_REPO names the checkout.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { dbUrl, spread, STEPS, stepWork, until } from '../lib/common.mjs';

const repo = process.env.PAWL_REPO ?? path.resolve(import.meta.dirname, '../..');
const load = (file) => import(pathToFileURL(path.join(repo, file)).href);
const { openEngine } = await load('packages/server/src/index.ts');
const { defineAction } = await load('packages/actions/src/index.ts');
const { default: pg } = await load('node_modules/pg/lib/index.js');

/** The guarantee of a step: how Pawl treats a repeat after a crash. */
const guarantee = process.env.PAWL_BENCH_GUARANTEE ?? 'idempotent';

/** The step: an action of this process; its intent and its outcome are committed like any other's. */
const benchAction = defineAction({
  name: 'bench',
  version: '1.0.0',
  summary: 'One step of a workload.',
  input: {},
  output: {},
  guarantee: () => guarantee,
  concurrency: 1_000_000,
  run: async ({ args }) => ({ kind: 'completed', output: await stepWork(args.kind, args.run, args.step) }),
});

const call = (step, kind, run) => ({ call: 'bench', with: { kind, run, step } });
const head = (name) => ({ document: { dsl: '1.0.3', namespace: 'bench', name, version: '1.0.0' } });

/** A flow for each kind of run. */
function flowOf(kind) {
  if (kind === 'park') return { ...head(kind), do: [{ park: { wait: 'PT1H' } }] };
  if (kind === 'long' || kind === 'longfx') {
    const loop = {
      for: { each: 'n', in: `\${ [range(${STEPS[kind]})] }` },
      do: [{ step: call('${ $n }', kind, '${ $workflow.input.run }') }],
    };
    return { ...head(kind), do: [{ loop }] };
  }
  // Each output carries the run on, so that the next step reads it from its input.
  return {
    ...head(kind),
    do: Array.from({ length: STEPS[kind] }, (_, i) => ({ [`s${i}`]: call(i, kind, '${ .run }') })),
  };
}

let engine;
const hashes = new Map();
let endedBefore = 0;
let endedHere = 0;

async function countEnded() {
  const client = new pg.Client(dbUrl('pawl'));
  await client.connect();
  try {
    const { rows } = await client.query('select count(*) from pawl.run where ended_at is not null');
    return Number(rows[0].count);
  } catch {
    return 0; // a fresh database has no such table
  } finally {
    await client.end();
  }
}

/** A start key where a rival engine has one too: a run that only sleeps needs none. */
const keyOf = (kind, i) => (kind === 'park' ? {} : { key: `${kind}-${i}` });
const start = (kind, i) => engine.start({ flow: { hash: hashes.get(kind) }, input: { run: i }, ...keyOf(kind, i) });

export default {
  async boot() {
    endedBefore = await countEnded();
    engine = await openEngine({
      database: dbUrl('pawl'),
      logLevel: 'error',
      extraActions: [benchAction],
      observe: { onEnded: () => endedHere++ },
    });
    for (const kind of Object.keys(STEPS)) {
      const { version } = await engine.deploy(JSON.stringify(flowOf(kind)), { format: 'json' });
      hashes.set(kind, version.hash);
    }
    await until(() => engine.worker.ownedPartitions().length === 256, 10, 30_000);
  },
  startMany: (kind, n, conc) => spread(n, conc, (i) => start(kind, i)),
  waitDone: (kind, n) => until(() => endedBefore + endedHere >= n, 10),
  waitParked: () => until(() => engine.worker.stats().runs === 0, 10),
  async runOne(kind, id) {
    const { run } = await start(kind, id);
    await engine.worker.whenEnded(run);
  },
};
