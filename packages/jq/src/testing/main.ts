/** The package's own commands: `node packages/jq/src/testing/main.ts differential|safety|bench`. */
import { parseArgs } from 'node:util';
import { runDifferential, type Tally } from './differential.ts';
import { runSafety } from './safety.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    programs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'at-most': { type: 'string', default: '20' },
  },
});

if (positionals[0] === 'differential') await differential();
else if (positionals[0] === 'safety') safety();
else {
  console.error('usage: main.ts differential|safety [--programs N] [--seed S] [--at-most N]');
  process.exitCode = 2;
}

async function differential(): Promise<void> {
  const started = performance.now();
  let shown = 0;
  const tally = await runDifferential({
    programs: Number(values.programs),
    seed: Number(values.seed),
    atMost: Number(values['at-most']),
    progress: (so_far) => {
      for (; shown < so_far.disagreements.length; shown++) {
        const { program, input, theirs, ours } = so_far.disagreements[shown] ?? {};
        console.log(`\n${String(program)}\n  on   ${String(input)}\n  jq   ${String(theirs)}\n  here ${String(ours)}`);
      }
    },
  });
  report(tally, (performance.now() - started) / 1000);
  if (tally.disagreements.length > 0) process.exitCode = 1;
}

function safety(): void {
  const threadMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const breaches = runSafety({
    programs: Number(values.programs),
    seed: Number(values.seed),
    longestMs: 500,
    threadMs,
    found: ({ program, what }) => console.log(`${what}: ${program}`),
  });
  console.log(`seed ${values.seed}: ${values.programs} programs, ${String(breaches.length)} breaches`);
  if (breaches.length > 0) process.exitCode = 1;
}

function report(tally: Tally, seconds: number): void {
  const { programs, evaluations, withValue, limited, explained, disagreements } = tally;
  const percent = ((100 * withValue) / evaluations).toFixed(1);
  console.log(
    `\nseed ${values.seed}: ${String(programs)} programs, ${String(evaluations)} evaluations in ${seconds.toFixed(1)} s`,
  );
  console.log(`${percent} % gave a value; ${String(limited)} reached a limit`);
  for (const [reason, count] of explained) console.log(`${String(count)} differ: ${reason}`);
  console.log(`${String(disagreements.length)} disagreements`);
}
