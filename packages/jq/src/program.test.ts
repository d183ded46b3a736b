import { describe, expect, it } from 'vitest';
import { builtinNames, compile, JqError, JqLimitError, JqSyntaxError, type Json, parse } from './index.ts';

function failureOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a program', () => {
  it('gives all outputs with run', () => {
    expect(compile('.[] | . * 2').run([1, 2])).toEqual([2, 4]);
    expect(compile('empty').run(null)).toEqual([]);
    expect(compile('').run(5)).toEqual([5]);
  });

  it('gives outputs one by one with each, those before an error too', () => {
    const seen: Json[] = [];
    expect(() => compile('1, 2, error("x"), 3').each(null, {}, (value) => seen.push(value))).toThrow('x');
    expect(seen).toEqual([1, 2]);
  });

  it('gives its only output with evaluate, and undefined for none', () => {
    expect(compile('.a').evaluate({ a: 1 })).toBe(1);
    expect(compile('.a').evaluate({})).toBeNull();
    expect(compile('empty').evaluate(null)).toBeUndefined();
    expect(compile('.[] | select(. > 1)').evaluate([1, 2])).toBe(2);
  });

  it('refuses a second output with evaluate, without going on to a third', () => {
    const error = failureOf(() => compile('1, 2, error("not reached")').evaluate(null));
    expect(error).toBeInstanceOf(JqError);
    expect(error).toMatchObject({ code: 'multiple', hint: 'Take one with first(…), or all as a list with [ … ].' });
  });

  it('says what it raised', () => {
    expect(failureOf(() => compile('error("no")').run(null))).toMatchObject({
      name: 'JqError',
      message: 'no',
      value: 'no',
      code: 'raised',
    });
    expect(failureOf(() => compile('error({a: 1})').run(null))).toMatchObject({
      value: { a: 1 },
      message: 'error (not a string): {"a":1}',
    });
    expect(failureOf(() => compile('.a.b').evaluate({ a: 1 }))).toMatchObject({
      message: 'Cannot index number with string ("b")',
    });
  });

  it('reads its variables by name and lists those it uses', () => {
    const program = compile('$b.x + $a', { variables: ['a', 'b', 'c'] });
    expect(program.variables).toEqual(['b', 'a']);
    expect(program.evaluate(null, { variables: { a: 1, b: { x: 2 }, c: 9 } })).toBe(3);
    expect(failureOf(() => program.run(null, { variables: { a: 1 } }))).toMatchObject({ message: '$b has no value' });
  });

  it('keeps variables apart from those it binds itself', () => {
    const program = compile('$a, (5 as $a | $a), $a', { variables: ['a'] });
    expect(program.run(null, { variables: { a: 1 } })).toEqual([1, 5, 1]);
  });

  it('knows when it is constant', () => {
    expect(compile('"a" + "b"').isConstant).toBe(true);
    expect(compile('1 + 2 * 3').evaluate(null)).toBe(7);
    expect(compile('.').isConstant).toBe(false);
    expect(compile('$x', { variables: ['x'] }).isConstant).toBe(false);
  });

  it('takes the time from the caller', () => {
    expect(compile('now | todate').evaluate(null, { now: () => 1_425_599_621.5 })).toBe('2015-03-05T23:53:41Z');
    expect(failureOf(() => compile('now').run(null))).toBeInstanceOf(JqError);
  });

  it('gives only what JSON can hold', () => {
    expect(compile('nan').evaluate(null)).toBeNull();
    expect(compile('[nan, infinite, -infinite, {a: nan, b: [1]}]').evaluate(null)).toEqual([
      null,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      { a: null, b: [1] },
    ]);
    expect(compile('[.[] * 1e300]').run([1e300])).toEqual([[Number.MAX_VALUE]]);
  });

  it('never changes its input or its variables', () => {
    const input = { a: [1, { b: 2 }], c: {} } as Json;
    const before = JSON.stringify(input);
    for (const source of [
      '.a[1].b = 3',
      '.a += [4]',
      'del(.a[0])',
      '.. |= .',
      'reduce range(3) as $i (.; .a += [$i] | .c["k\\($i)"] = $i)',
      'reduce range(3) as $i ($v; .a[0] += $i | .a += [$i])',
      'reduce range(3) as $i (.a; . + [$i])',
      '.a | sort | reverse',
      'add(.a, $v.a)',
      'walk(.)',
      'to_entries | .[0].value |= [.]',
    ]) {
      compile(source, { variables: ['v'] }).run(input, { variables: { v: input } });
      expect(JSON.stringify(input), source).toBe(before);
    }
  });

  it('does not let one run see another, nor its own constants changed', () => {
    const program = compile('reduce .[] as $x ({list: []}; .list += [$x])');
    expect(program.evaluate([1])).toEqual({ list: [1] });
    expect(program.evaluate([2])).toEqual({ list: [2] });
  });

  it('gives a new container each time', () => {
    for (const source of ['[]', '{}', '$__loc__', '.a // []']) {
      const program = compile(source);
      expect(program.evaluate(null)).not.toBe(program.evaluate(null));
      expect(program.evaluate(null)).toEqual(program.evaluate(null));
    }
  });

  it('uses the same budget for a pattern whether or not it was used before', () => {
    const program = compile('test("[a-z]{3}x")', { limits: { steps: 100 } });
    expect(() => compile('test("[a-z]{3}x")').run('abcx')).not.toThrow();
    expect(() => program.run('abcx')).toThrow(JqLimitError);
  });

  it('keeps apart two places that share a value', () => {
    expect(compile('reduce range(2) as $i ({}; .a = [] | .b = .a | .a += [$i])').evaluate(null)).toEqual({
      a: [1],
      b: [],
    });
    expect(compile('reduce range(3) as $i ({a: []}; .a += [$i] | .b = [.a])').evaluate(null)).toEqual({
      a: [0, 1, 2],
      b: [[0, 1, 2]],
    });
    expect(compile('[foreach range(3) as $i ([]; . + [$i])]').evaluate(null)).toEqual([[0], [0, 1], [0, 1, 2]]);
  });
});

describe('a program that does not compile', () => {
  it.each<[string, number, number, RegExp]>([
    ['.a |', 1, 5, /the end of the expression/],
    ['.a\n  | $foo', 2, 5, /^\$foo is not defined$/],
    ['1 +\n+ 2', 2, 1, /Unexpected \+/],
    ['{a: 1', 1, 6, /expected }/],
    ['[1, 2', 1, 6, /expected ]/],
    ['"abc', 1, 1, /not closed/],
    ['"\\q"', 1, 2, /Unknown escape/],
    ['foo(1)', 1, 1, /^foo\/1 is not defined$/],
    ["'a'", 1, 1, /Unexpected character '/],
    ['break $x', 1, 1, /label-x is not defined/],
    ['1 == 2 == 3', 1, 8, /can not be chained/],
    ['{(1): 2}', 1, 3, /Cannot use number \(1\) as object key/],
    ['@nothing', 1, 1, /not a valid format/],
    ['def f: 1;', 1, 10, /needs an expression/],
    ['if . then 1', 1, 12, /expected end/],
    ['. as [$a', 1, 9, /expected ]/],
    ['reduce . as $x (0)', 1, 18, /expected ;/],
    ['a.b', 1, 1, /^a\/0 is not defined$/],
    ['.[', 1, 3, /expected a value/],
    ['. as 1 | .', 1, 6, /expected a variable or a pattern/],
  ])('%j is refused at line %d, column %d', (source, line, column, message) => {
    const error = failureOf(() => compile(source));
    expect(error).toBeInstanceOf(JqSyntaxError);
    expect((error as JqSyntaxError).message).toMatch(message);
    expect((error as JqSyntaxError).position).toMatchObject({ line, column });
  });

  it('names the variables there are', () => {
    const error = failureOf(() => compile('$imput', { variables: ['input', 'context'] }));
    expect(error).toMatchObject({ hint: 'Available here: $input, $context.' });
  });

  it('is refused for names in parts that never run', () => {
    expect(() => compile('if false then nope else 1 end')).toThrow(JqSyntaxError);
    expect(() => compile('def f: nope; 1')).toThrow(JqSyntaxError);
  });
});

describe('the syntax tree', () => {
  it('has the position of each node', () => {
    expect(parse('.a + $b')).toMatchObject({
      type: 'binary',
      operator: '+',
      at: 3,
      left: { type: 'index', at: 0 },
      right: { type: 'variable', name: 'b', at: 5 },
    });
  });

  it('obeys the limits', () => {
    expect(() => parse('[[[1]]]', { nesting: 2 })).toThrow(JqLimitError);
    expect(() => parse('.', { sourceLength: 0 })).toThrow(JqLimitError);
  });
});

describe('regular expressions', () => {
  it.each([
    ['a(?=b)', /look-ahead is not supported/],
    ['(?!a)', /look-ahead is not supported/],
    ['(?<=a)b', /look-behind is not supported/],
    ['(a)\\1', /back-references are not supported/],
    ['(?>a)', /atomic groups are not supported/],
    ['(', /Regex failure/],
  ])('refuse %s, which RE2 leaves out or does not know', (pattern, message) => {
    expect(
      failureOf(() => compile('test($p)', { variables: ['p'] }).run('ab', { variables: { p: pattern } })),
    ).toMatchObject({
      name: 'JqError',
      message: expect.stringMatching(message) as string,
    });
  });

  it('let two groups share a name, and skip blanks in the extended form', () => {
    expect(compile('capture("(?<x>a)|(?<x>b)")').evaluate('b')).toEqual({ x: 'b' });
    expect(compile('test("a b # comment\\n c[ #]"; "x")').evaluate('abc#')).toBe(true);
  });

  it('count in characters', () => {
    expect(compile('match("b") | [.offset, .length]').evaluate('é😀b')).toEqual([2, 1]);
  });
});

describe('what jq has beside the oracle', () => {
  it('base32 is decoded', () => {
    expect(compile('@base32 | ., @base32d').run('hé')).toEqual(['NDB2S===', 'hé']);
  });

  it('the week of the year follows ISO 8601', () => {
    expect(compile('map(strftime("%G-W%V-%u %j %U %W"))').evaluate([0, 951_782_400, 1_735_689_600])).toEqual([
      '1970-W01-4 001 00 00',
      '2000-W09-2 060 09 09',
      '2025-W01-3 001 00 00',
    ]);
    expect(compile('strftime("%A, %B %d, %Y %I:%M %p %e %y %C %Z %z %D %R %r %c%%")').evaluate(1_425_599_621)).toBe(
      'Thursday, March 05, 2015 11:53 PM  5 15 20 UTC +0000 03/05/15 23:53 11:53:41 PM Thu Mar  5 23:53:41 2015%',
    );
  });

  it('the special functions of mathematics are close', () => {
    expect(compile('4 | tgamma').evaluate(null)).toBe(6);
    expect(compile('0.5 | tgamma').evaluate(null)).toBeCloseTo(Math.sqrt(Math.PI), 12);
    expect(compile('10 | lgamma').evaluate(null)).toBeCloseTo(12.801827480081469, 10);
    expect(compile('[0.5, 1, 2.5, -1] | map(erf)').evaluate(null)).toEqual(
      [0.5204998778130465, 0.8427007929497149, 0.999593047982555, -0.8427007929497149].map(
        (x) => expect.closeTo(x, 12) as number,
      ),
    );
    expect(compile('3 | erfc').evaluate(null)).toBeCloseTo(2.209049699858544e-5, 15);
  });

  it('every builtin can be called, and is listed once', () => {
    const names = builtinNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(190);
    for (const name of names) {
      const [word = '', arity = '0'] = name.split('/');
      const args = Array.from({ length: Number(arity) }, () => '.').join(';');
      expect(() => compile(args === '' ? word : `${word}(${args})`), name).not.toThrow();
    }
  });
});
