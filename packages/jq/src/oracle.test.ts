import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, answer, loadOracle } from './testing/oracle.ts';
import { inputs, programs } from './testing/programs.ts';

/** Programs, one a line after their input and a tab. */
const CORPUS = readFileSync(new URL('./testing/corpus.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t') as [string, string]);

/** Programs of the corpus that answer otherwise on purpose. */
const DIFFERENT: readonly (readonly [RegExp, string])[] = [
  [/"1e2"|100000000000000000000/, 'numbers are doubles: the spelling of a literal is not kept'],
  [/INDEX\(\.a\)/, 'keys that are whole numbers come first in a JavaScript object'],
  [/\bgamma\b/, 'the oracle is built without gamma'],
  [/%A, %B|%G-W%V/, 'the oracle is built without the week of the year'],
  [/^now/, 'the clock comes from the caller'],
  [/ascii\?/, 'ascii is kept from earlier versions'],
  [/\?\/\/[1"]/, '.a?//1 needs no space'],
];

/** Shape of random programs is decided by this seed; change it to look elsewhere. */
const SEED = 20_260_724;
const RUNS = 400;

let oracle: (program: string, input: string) => Answer;
beforeAll(async () => {
  oracle = await loadOracle();
});

function isDifferent(program: string): boolean {
  return DIFFERENT.some(([pattern]) => pattern.test(program));
}

describe('jq and Pawl agree', () => {
  it.each(CORPUS.filter(([, program]) => !isDifferent(program)))('on %s | %s', (input, program) => {
    expect(answer(program, input)).toEqual(oracle(program, input));
  });

  it(`on ${String(RUNS)} random programs (seed ${String(SEED)})`, () => {
    fc.assert(
      fc.property(programs, inputs, (program, input) => {
        expect(answer(program, input), program).toEqual(oracle(program, input));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

describe('each difference from jq is still one', () => {
  it.each(DIFFERENT)('%s: %s', (pattern) => {
    const cases = CORPUS.filter(([, program]) => pattern.test(program));
    expect(
      cases.some(
        ([input, program]) => JSON.stringify(answer(program, input)) !== JSON.stringify(oracle(program, input)),
      ),
    ).toBe(true);
  });
});
