// npm run bench -- [w1 w2 w3 w4 w5] [--runs N] [--conc N] [--json]: Pawl's own figures for the workloads of README.md.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '@pawl/store';
import { crash } from './crash.ts';
import { type Measured, print } from './table.ts';

const defaults: Record<string, number> = { w1: 10_000, w2: 500, w3: 500, w4: 1, w5: 10_000, parked: 100_000, loop: 1 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    conc: { type: 'string', default: '1000' },
    steps: { type: 'string', default: '5000' },
    database: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const names = positionals.length === 0 ? ['w1', 'w2', 'w3', 'w4', 'w5'] : positionals;
for (const name of names) {
  if (defaults[name] === undefined) {
    console.error(`There is no workload ${name}: choose of ${Object.keys(defaults).join(', ')}.`);
    process.exit(2);
  }
}

const results: Measured[] = [];
for (const workload of names) results.push(await measure(workload));
if (values.json) for (const result of results) console.log(JSON.stringify(result));
else print(results);

/** One workload on a database of its own, so that none pays for the one before it. */
async function measure(workload: string): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pawl-bench-'));
  const embedded = values.database === undefined ? await startEmbedded({ dataDir: folder, claim: 'own' }) : undefined;
  const options = {
    workload,
    runs: Number(values.runs ?? defaults[workload]),
    conc: Number(values.conc),
    steps: Number(values.steps),
    database: embedded?.url ?? String(values.database),
    effects: path.join(folder, 'effects.txt'),
  };
  try {
    return workload === 'w3' ? await crash(options) : await inChild(options);
  } finally {
    await embedded?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function inChild(options: { workload: string; steps: number; database: string; effects: string }): Promise<Measured> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', path.join(import.meta.dirname, 'workload.ts'), JSON.stringify(options)],
    {
      env: {
        ...process.env,
        BENCH_DATABASE_URL: options.database,
        BENCH_EFFECTS: options.effects,
        BENCH_LONG: String(options.steps),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  return new Promise((resolve, reject) => {
    let result: Measured | undefined;
    child.on('message', (message) => {
      result = message as Measured;
    });
    child.on('exit', (code) =>
      result === undefined ? reject(new Error(`${options.workload} ended with ${code}`)) : resolve(result),
    );
  });
}
