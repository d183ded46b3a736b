import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { flowLimits } from './limits.ts';
import { parseFlow } from './parse.ts';

const read = (text: string): unknown => {
  const parsed = parseFlow(text);
  return parsed.ok ? JSON.parse(JSON.stringify(parsed.value.document)) : parsed.problems;
};
const problem = (text: string, format: 'yaml' | 'json' = 'yaml') => {
  const parsed = parseFlow(text, { format });
  return parsed.ok ? expect.fail('it was read') : parsed.problems[0];
};

describe('reading a document', () => {
  it('refuses a raw NUL with its place, in YAML and in JSON', () => {
    const nul = String.fromCodePoint(0);
    const place = { code: 'PAWL_FLOW_SYNTAX', line: 2, column: 5, message: expect.stringContaining('NUL') };
    expect(problem(`a: 1\nb: x${nul}y`)).toMatchObject(place);
    expect(problem(`{"a":\n"bcd${nul}"}`, 'json')).toMatchObject(place);
  });

  it('takes YAML 1.2: yes, off and dates are texts', () => {
    expect(read('a: off\nb: yes\nc: 2026-11-24\nd: 0x1f\ne: ~\nf: 1.50\ng: "1"\n200: ok')).toEqual({
      ...{ a: 'off', b: 'yes', c: '2026-11-24', d: 31, e: null, f: 1.5, g: '1', 200: 'ok' },
    });
  });

  it('gives objects without prototype, so that no name is found that is not written', () => {
    const parsed = parseFlow('a: {b: 1}');
    expect(parsed.ok && Object.getPrototypeOf(parsed.value.document)).toBeNull();
    expect(parsed.ok && (parsed.value.document as unknown as Record<string, Json>)['constructor']).toBeUndefined();
  });

  it('resolves aliases', () => {
    expect(read('a: &x {b: 1}\nc: *x\nd: [*x, *x]')).toEqual({ a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }, { b: 1 }] });
  });

  it('reads back what JSON writes', () => {
    const key = fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name !== '__proto__');
    const value = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.string({ unit: 'binary' }),
        fc.array(tie('json')),
        fc.dictionary(key, tie('json')),
      ),
    })).json;
    fc.assert(
      fc.property(fc.dictionary(key, value), (document) => {
        const parsed = parseFlow(JSON.stringify(document), { format: 'json' });
        expect(parsed.ok ? JSON.parse(JSON.stringify(parsed.value.document)) : parsed.problems).toEqual(
          JSON.parse(JSON.stringify(document)),
        );
      }),
    );
  });
});

describe('a document that is refused', () => {
  it.each([
    ['a tab as indentation', 'a:\n\t- b', 'PAWL_FLOW_SYNTAX', 2],
    ['a colon too much', 'a: b: c', 'PAWL_FLOW_SYNTAX', 1],
    ['a line that is out of line', 'a:\n    b: 1\n  c: 2', 'PAWL_FLOW_SYNTAX', 3],
    ['an open quote', 'a: "x', 'PAWL_FLOW_SYNTAX', 1],
    ['an open brace', 'a: {b: 1', 'PAWL_FLOW_SYNTAX', 1],
    ['an unquoted expression in braces', 'a: {b: ${ .c } }', 'PAWL_FLOW_SYNTAX', 1],
    ['a character that begins nothing', 'a: @x', 'PAWL_FLOW_SYNTAX', 1],
    ['an unknown escape', 'a: "\\q"', 'PAWL_FLOW_SYNTAX', 1],
    ['a binary value', 'a: !!binary aGVsbG8=', 'PAWL_FLOW_SYNTAX', 1],
    ['a tag of its own', 'a: !x y', 'PAWL_FLOW_SYNTAX', 1],
    ['a set', 'a: !!set {x, y}', 'PAWL_FLOW_SYNTAX', 1],
    ['a key that stands twice', 'a: 1\nb: 2\na: 3', 'PAWL_FLOW_DUPLICATE_KEY', 3],
    ['a key that stands twice, once escaped', '{"a": 1, "\\u0061": 2}', 'PAWL_FLOW_DUPLICATE_KEY', 1],
    ['a key that is a list', '? [a]\n: b', 'PAWL_FLOW_KEY', 1],
    ['an empty key', ': b', 'PAWL_FLOW_KEY', 1],
    ['__proto__ as a key', 'a:\n  __proto__: 1', 'PAWL_FLOW_KEY', 2],
    ['infinity', 'a: .inf', 'PAWL_FLOW_NOT_JSON', 1],
    ['not a number', 'a: [1, .nan]', 'PAWL_FLOW_NOT_JSON', 1],
    ['several documents', 'a: 1\n---\nb: 2', 'PAWL_FLOW_SEVERAL', 2],
    ['nothing', '', 'PAWL_FLOW_EMPTY', 1],
    ['only a comment', '# nothing\n', 'PAWL_FLOW_EMPTY', 1],
    ['an alias of nothing', 'a: *x', 'PAWL_FLOW_ALIAS', 1],
    ['an alias of what holds it', 'a: &x [*x]', 'PAWL_FLOW_ALIAS', 1],
  ])('has %s', (_, text, code, line) => {
    expect(problem(text)).toMatchObject({
      code,
      severity: 'error',
      line,
      column: expect.any(Number),
      message: expect.stringMatching(/\.$/),
    });
  });

  it('says in plain words what to do', () => {
    expect(problem('a:\n\t- b')).toMatchObject({
      message: 'The line is indented with a tab; YAML takes spaces only.',
      hint: 'replace the tab with spaces',
      column: 1,
    });
    expect(problem('a: "x')).toMatchObject({ message: 'A text is opened with a quote and not closed.' });
    expect(problem('a: {b: 1')).toMatchObject({ message: 'A bracket or brace is opened and not closed.' });
  });

  it('is YAML where JSON was said', () => {
    expect(problem('a: 1', 'json')).toMatchObject({ code: 'PAWL_FLOW_SYNTAX' });
    expect(problem('{"a": 1,}', 'json')).toMatchObject({ code: 'PAWL_FLOW_SYNTAX' });
  });

  it('is warned of digits that a number loses', () => {
    const parsed = parseFlow('a: 12345678901234567890\nb: 9007199254740991\nc: 1e300');
    expect(parsed).toMatchObject({
      ok: true,
      problems: [{ code: 'PAWL_FLOW_NUMBER', severity: 'warning', path: '/a', line: 1 }],
    });
  });
});

describe('a hostile document is refused soon', () => {
  const chained = Array.from({ length: 30 }, (_, i) => `k${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`).join(
    '\n',
  );
  const nested = Array.from({ length: 500 }, (_, i) => `k${i + 1}: &a${i + 1} [*a${i}]`).join('\n');

  it.each([
    ['100 MB of text', 'x'.repeat(100 << 20), 'PAWL_FLOW_TOO_LARGE'],
    ['100,000 open brackets', '['.repeat(100_000), 'PAWL_FLOW_TOO_DEEP'],
    ['100,000 open braces', '{a: '.repeat(100_000), 'PAWL_FLOW_TOO_DEEP'],
    ['100,000 dashes', '- '.repeat(100_000), 'PAWL_FLOW_TOO_DEEP'],
    ['100,000 question marks', '? '.repeat(100_000), 'PAWL_FLOW_TOO_DEEP'],
    ['100,000 levels that are closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'PAWL_FLOW_TOO_DEEP'],
    ['aliases of aliases', `k0: &a0 [1, 2, 3]\n${chained}`, 'PAWL_FLOW_TOO_LARGE'],
    ['aliases nested in aliases', `k0: &a0 [1]\n${nested}`, 'PAWL_FLOW_TOO_DEEP'],
    ['3 million line ends', '\n'.repeat(3_000_000), 'PAWL_FLOW_TOO_LARGE'],
  ])('%s', { timeout: 60_000 }, (_, text, code) => {
    expect(problem(text)?.code).toBe(code);
  });

  it('JSON of 100,000 levels', () => {
    expect(problem(`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'json')?.code).toBe('PAWL_FLOW_TOO_DEEP');
  });

  it('and tells of no more problems than a person reads', () => {
    const parsed = parseFlow('a: 1\n'.repeat(1_000));
    expect(parsed.problems).toHaveLength(flowLimits.problems);
  });
});

describe('the place of a JSON pointer', () => {
  const text = `a:
  b: [1, {c: 2}]
  'x/y~z': 3
  base: &base
    k: 4
  use: *base
  quoted: "say \${ .one }"
  block: |
    first
      second
`;
  const parsed = parseFlow(text);
  const place = (pointer: string, within?: { source: string; offset: number }) => {
    const found = parsed.ok ? parsed.value.positions(pointer, within) : expect.fail('not read');
    return `${found.line}:${found.column}`;
  };

  it('is where its key or item stands', () => {
    expect(place('')).toBe('1:1');
    expect(place('/a/b')).toBe('2:3');
    expect(place('/a/b/0')).toBe('2:7');
    expect(place('/a/b/1/c')).toBe('2:11');
    expect(place('/a/x~1y~0z')).toBe('3:3');
  });

  it('is where an alias was defined, below the alias', () => {
    expect(place('/a/use')).toBe('6:3');
    expect(place('/a/use/k')).toBe('5:5');
  });

  it('is that of the nearest thing that exists, for what does not', () => {
    expect(place('/a/b/7')).toBe('2:3');
    expect(place('/a/b/1/missing/x')).toBe('2:10');
    expect(place('/nothing')).toBe('1:1');
  });

  it('goes into a text where the text stands as it is', () => {
    expect(place('/a/quoted', { source: '.one', offset: 8 })).toBe('7:20');
    expect(place('/a/block', { source: 'second', offset: 8 })).toBe('10:7');
  });
});
