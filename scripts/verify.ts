import { parseArgs } from 'node:util';
import { gates } from './gates.ts';
import { closingLine, runGates } from './run-gates.ts';
import { runTests } from './test-run.ts';

const HELP = `Usage: npm run verify -- [--only NAME,…] [--tests PATH …]

Runs the gates of the repository, then the tests.
  --only NAME,…   only these of: ${gates.map((gate) => gate.name).join(', ')}, tests
  --tests PATH …  only the tests below these paths
`;

// `npm test` and `npm run verify`: every gate counts as one, every test as one; the last line has the sum.
const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, tests: { type: 'string' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const known = [...gates.map((gate) => gate.name), 'tests'];
const only = values.only?.split(',') ?? (values.tests === undefined ? known : ['tests']);
const unknown = only.filter((name) => !known.includes(name));
if (values.help === true || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `verify: there is no gate ${unknown.join(', ')}\n${HELP}` : HELP);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  await verify(new Set(only), values.tests === undefined ? [] : [values.tests, ...positionals]);
}

async function verify(chosen: ReadonlySet<string>, paths: readonly string[]): Promise<void> {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  const checks = await runGates(
    gates.filter((gate) => chosen.has(gate.name)),
    print,
  );
  const tests = chosen.has('tests') ? await runTests(paths) : { passed: 0, failed: 0, skipped: 0 };
  const failed = checks.failed + tests.failed;
  print(closingLine({ passed: checks.passed + tests.passed, failed, skipped: tests.skipped }));
  if (failed > 0) process.exitCode = 1;
}
