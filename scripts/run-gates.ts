import type { Gate } from './gates.ts';
import type { Counts } from './test-run.ts';

/** Static gates that run at once: the tools use several threads themselves. */
const GATES_AT_ONCE = 2;
const OUTPUT_LINES_MAX = 60;

/**
 * Runs all gates, whatever fails before, and counts them. Each prints one line when it ends, and what is wrong below
 * it, cut at OUTPUT_LINES_MAX lines.
 */
export async function runGates(gates: readonly Gate[], print: (line: string) => void): Promise<Counts> {
  const waiting = [...gates];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      if (!(await runGate(gate, print))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: GATES_AT_ONCE }, work));
  return { passed: gates.length - failed, failed, skipped: 0 };
}

/** The last line of every run. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

async function runGate(gate: Gate, print: (line: string) => void): Promise<boolean> {
  const begun = performance.now();
  const problem = await problemOf(gate);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  print(`${problem === '' ? 'ok  ' : 'FAIL'} ${gate.name.padEnd(12)} ${seconds.padStart(6)} s`);
  if (problem !== '') print(bounded(problem));
  return problem === '';
}

async function problemOf(gate: Gate): Promise<string> {
  try {
    return await gate.run();
  } catch (error) {
    return error instanceof Error ? String(error.stack) : String(error);
  }
}

function bounded(text: string): string {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => `     ${line}`);
  const rest = lines.length - OUTPUT_LINES_MAX;
  if (rest > 0) lines.splice(OUTPUT_LINES_MAX, rest, `     … and ${rest} more lines`);
  return lines.join('\n');
}
