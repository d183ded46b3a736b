import { expect, test } from 'vitest';
import { closingLine, runGates } from './run-gates.ts';
import { countTests } from './test-run.ts';

const gate = (name: string, run: () => Promise<string>): { name: string; run: () => Promise<string> } => ({
  name,
  run,
});

test('a gate that fails or throws is counted, shown, and stops no other', async () => {
  const lines: string[] = [];
  const counts = await runGates(
    [
      gate('first', async () => 'src/a.ts:1: wrong'),
      gate('second', () => Promise.reject(new Error('tool is gone'))),
      gate('third', async () => ''),
    ],
    (line) => lines.push(line),
  );
  expect(counts).toEqual({ passed: 1, failed: 2, skipped: 0 });
  expect(lines.join('\n')).toMatch(/FAIL first[\s\S]*src\/a\.ts:1: wrong/);
  expect(lines.join('\n')).toMatch(/tool is gone/);
  expect(lines.some((line) => line.startsWith('ok   third'))).toBe(true);
});

test('the output of a gate is cut', async () => {
  const lines: string[] = [];
  await runGates([gate('long', async () => 'wrong\n'.repeat(1_000))], (line) => lines.push(line));
  expect(lines.join('\n').split('\n').length).toBeLessThan(70);
  expect(lines.join('\n')).toContain('more lines');
});

test('the closing line names skipped tests only when there are any', () => {
  expect(closingLine({ passed: 3, failed: 1, skipped: 0 })).toBe('3 passed, 1 failed');
  expect(closingLine({ passed: 3, failed: 0, skipped: 2 })).toBe('3 passed, 0 failed, 2 skipped');
});

test('a test run that fails without a failed test counts as one failure', () => {
  const report = JSON.stringify({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0 });
  expect(countTests(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 1 });
  expect(countTests(report, 1)).toEqual({ passed: 5, failed: 1, skipped: 1 });
  expect(countTests('', null)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('each file that does not load counts as one failure', () => {
  const broken = { status: 'failed', assertionResults: [] };
  const failed = { status: 'failed', assertionResults: [{ status: 'failed' }] };
  const report = JSON.stringify({ numPassedTests: 5, numFailedTests: 1, testResults: [broken, broken, failed] });
  expect(countTests(report, 1)).toEqual({ passed: 5, failed: 3, skipped: 0 });
});
