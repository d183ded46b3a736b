import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { fitsShape } from './json-text.ts';

const bound = { depth: 3, values: 10 };

describe('the shape of a JSON text', () => {
  it('is bounded in depth, whatever strings hold', () => {
    expect(fitsShape('[[[1]]]', bound)).toBe(true);
    expect(fitsShape('[[[[1]]]]', bound)).toBe(false);
    expect(fitsShape('["[[[[[[", "\\"[[[[", {"a]": "}"}]', bound)).toBe(true);
  });

  it('is bounded in values', () => {
    expect(fitsShape(`[${'1,'.repeat(9)}1]`, bound)).toBe(true);
    expect(fitsShape(`[${'1,'.repeat(10)}1]`, bound)).toBe(false);
    expect(fitsShape(`["${','.repeat(50)}"]`, bound)).toBe(true);
  });

  it('is found in one pass over a text that never closes what it opens', () => {
    expect(fitsShape('['.repeat(16_000_000), bound)).toBe(false);
    expect(fitsShape(`"${'\\'.repeat(1_000_001)}`, bound)).toBe(true);
  });
});

describe('a JSON text from outside', () => {
  it('takes no longer for long runs of digits than for short ones', () => {
    const time = (run: string) => {
      const text = `"${run.repeat(Math.ceil(3_000_000 / run.length))}"`;
      const times = [1, 2, 3].map(() => {
        const before = performance.now();
        parseJson(text);
        return performance.now() - before;
      });
      return Math.min(...times);
    };
    // A search from every digit of a run would take a hundred times as long.
    expect(time(`${'1'.repeat(299)}a`) / time('1a')).toBeLessThan(20);
  });

  it('has no infinities, however its number is written', () => {
    for (const text of ['1e999', '-1E+400', '9'.repeat(400)]) expect(Number.isFinite(parseJson(text))).toBe(true);
  });
});
