import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Report } from '../packages/prove/src/index.ts';
import { emptyReport, explore, merge, playSeed, reportText, verdictOf } from '../packages/prove/src/index.ts';

/** Seeds that a process plays before it tells how far it is. */
const CHUNK = 500;
const EXIT = { proven: 0, violated: 1, 'not exercised': 3 } as const;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '10000' },
    processes: { type: 'string' },
    /** Plays one seed and prints all that happens. */
    trace: { type: 'string' },
  },
});

if (values.trace !== undefined) await trace(Number(values.trace));
else if (process.send !== undefined) serve();
else
  await campaign(
    Number(values.from),
    Number(values.seeds),
    Number(values.processes ?? Math.min(2, availableParallelism())),
  );

/** Shares the seeds out over processes, and prints what they found. */
async function campaign(from: number, seeds: number, processes: number): Promise<void> {
  const started = performance.now();
  const report = emptyReport();
  const end = from + seeds;
  let next = from;
  const play = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(import.meta.filename, { serialization: 'advanced' });
      const more = (): void => {
        if (next >= end) {
          child.disconnect();
          return resolve();
        }
        child.send({ from: next, to: Math.min(next + CHUNK, end) - 1 });
        next += CHUNK;
      };
      child.on('message', (part: Report) => {
        merge(report, part);
        for (const { seed, violations } of part.findings)
          process.stderr.write(`seed ${seed}: ${violations[0]?.invariant}\n`);
        process.stderr.write(`${report.seeds} of ${seeds} seeds, ${report.findings.length} with violations\n`);
        more();
      });
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`a process of the campaign ended with ${code}`));
      });
      more();
    });
  await Promise.all(Array.from({ length: Math.min(processes, Math.ceil(seeds / CHUNK)) }, play));
  report.findings.sort((a, b) => a.seed - b.seed);
  process.stdout.write(`${reportText(report, performance.now() - started)}\n${verdictOf(report)}\n`);
  process.exitCode = EXIT[verdictOf(report)];
}

/** Plays the seeds that the first process names. */
function serve(): void {
  process.on('message', (seeds: { from: number; to: number }) => {
    void explore({ seeds }).then((report) => process.send?.(report));
  });
}

async function trace(seed: number): Promise<void> {
  const result = await playSeed({ seed, trace: (line) => process.stdout.write(`${line}\n`) });
  for (const { invariant, what } of result.violations) process.stdout.write(`${invariant}: ${what}\n`);
  process.exitCode = result.violations.length > 0 ? 1 : 0;
}
