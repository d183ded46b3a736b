import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, JqSyntaxError } from './index.ts';
import { parseCases } from './testing/cases.ts';

/** The manual's own cases, beside the repository when there. */
const MANUAL = new URL('../../../../shared/jq/man.test', import.meta.url);

/** Cases of the manual that expressions do not run, with the reason. */
const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ['$ENV.PAGER', 'expressions can not read the environment'],
  ['env.PAGER', 'expressions can not read the environment'],
]);

describe.skipIf(!existsSync(MANUAL))("the manual's cases (skipped when they are not beside the repository)", () => {
  const cases = existsSync(MANUAL) ? parseCases(readFileSync(MANUAL, 'utf8')) : [];
  it.each(cases.filter(({ program }) => !EXCLUDED.has(program)))('$program', ({ program, input, outputs, fails }) => {
    if (fails) expect(() => compile(program)).toThrow(JqSyntaxError);
    else expect(compile(program).run(input)).toEqual(outputs);
  });

  it.each([...EXCLUDED.keys()])('refuses %s, which is left out', (program) => {
    expect(() => compile(program)).toThrow(/not available/);
  });
});
