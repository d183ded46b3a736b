import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** One a file. */
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const TESTS_TIMEOUT_MS = 3_600_000;

/** Runs vitest on the given paths (none: all), its output live, and counts. */
export async function runTests(paths: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-tests-'));
  const file = join(folder, 'report.json');
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...paths];
    const { code } = await runTool('vitest', args, { live: true, timeoutMs: TESTS_TIMEOUT_MS });
    return countTests(await readFile(file, 'utf8').catch(() => ''), code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Reads the counts off vitest's report. A file that failed without a failed test (it does not load, a hook threw)
 * counts as one failure, and so does a run that failed with none (an unhandled rejection, a crash before the report).
 */
export function countTests(json: string, exitCode: number | null): Counts {
  const report: Partial<Report> = json === '' ? {} : (JSON.parse(json) as Report);
  const brokenFiles = (report.testResults ?? []).filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = (report.numFailedTests ?? 0) + brokenFiles.length;
  return {
    passed: report.numPassedTests ?? 0,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}
