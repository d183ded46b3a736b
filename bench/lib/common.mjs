// What the adapter needs of a harness, in our own form: the same names as the harness of the peers has.
import { appendFileSync } from 'node:fs';

const databaseServer = process.env.BENCH_PG ?? 'postgresql://postgres@127.0.0.1:5432';

/** URL of the database of one adapter. */
export const dbUrl = (name) => process.env.BENCH_DATABASE_URL ?? `${databaseServer}/bench_${name}`;

/** Steps of each kind of run. */
const longSteps = Number(process.env.BENCH_LONG ?? 5000);
export const STEPS = { ten: 10, fx: 10, long: longSteps, longfx: longSteps, park: 1 };

/** Time at which each step of a long run was done (performance.now). */
export const marks = [];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A JSON value of exactly 100 characters. */
function hundred(run, step) {
  const value = { run: String(run).padStart(8, '0'), step: String(step).padStart(6, '0'), pad: '' };
  value.pad = 'x'.repeat(100 - JSON.stringify(value).length);
  return value;
}

/** What a step does, by the kind of its run. */
export async function stepWork(kind, run, step) {
  if (kind === 'fx') await pause(20);
  if (kind === 'fx' || kind === 'longfx') appendFileSync(process.env.BENCH_EFFECTS, `${run},${step}\n`);
  if (kind === 'long') marks[step] = performance.now();
  return hundred(run, step);
}

/** Calls `work(0)` to `work(n - 1)`, at most `width` at once. */
export async function spread(n, width, work) {
  let next = 0;
  const lane = async () => {
    while (next < n) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, n) }, lane));
}

/** Asks every `every` ms until the answer is true. */
export async function until(holds, every = 100, limitMs = 600_000) {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not done after ${limitMs} ms`);
    await pause(every);
  }
}
