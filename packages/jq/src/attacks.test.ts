import { describe, expect, it } from 'vitest';
import { compile, JqError, JqLimitError, type JqLimits, JqSyntaxError, type Json } from './index.ts';

/** A38: how soon a runaway program must be stopped. The machine may be busy, so this thread's own time counts, the best of some tries. */
const STOPPED_WITHIN_MS = 500;
const TRIES = 6;

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function failureOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('A37: an expression sees nothing but its input and its variables', () => {
  it.each([
    'env',
    '$ENV',
    '$ENV.PATH',
    'env.HOME',
    'input',
    'inputs',
    'input_filename',
    'import "/etc/passwd" as $x; .',
    'include "x"; .',
    'get_search_list',
    'modulemeta',
    'halt',
    '"" | halt_error',
    '$__prog_args',
  ])('refuses %s when it is compiled, and says why', (program) => {
    const error = failureOf(() => compile(program));
    expect(error).toBeInstanceOf(JqSyntaxError);
    expect((error as JqSyntaxError).message).toMatch(/not available/);
    expect((error as JqSyntaxError).hint).toBeTruthy();
  });

  it('takes debug and $__loc__ as plain data', () => {
    expect(compile('debug').run(1)).toEqual([1]);
    expect(compile('debug("m")').run(1)).toEqual([1]);
    expect(compile('\n$__loc__').run(null)).toEqual([{ file: '<top-level>', line: 2 }]);
  });

  it.each(['.constructor', '.__proto__', '.toString', '.hasOwnProperty', 'getpath(["__proto__"])', '.["__proto__"]'])(
    'finds nothing behind %s',
    (program) => {
      expect(compile(program).run({})).toEqual([null]);
      expect(compile(program).evaluate({ a: 1 })).toBeNull();
    },
  );

  it('has no inherited key anywhere', () => {
    expect(compile('has("constructor"), (keys|length), (to_entries|length)').run({})).toEqual([false, 0, 0]);
    expect(compile('[.["constructor"]?]').run([])).toEqual([[]]);
    expect(() => compile('$constructor')).toThrow(JqSyntaxError);
    expect(() => compile('constructor')).toThrow(JqSyntaxError);
    expect(() => compile('@constructor')).toThrow(JqSyntaxError);
    expect(() => compile('$x', { variables: ['x'] }).run(null, { variables: Object.create({ x: 1 }) })).toThrow(
      JqError,
    );
  });
});

describe('prototypes: forbidden names are plain data', () => {
  const hostile = '{"__proto__":{"polluted":1},"constructor":2,"a":{"__proto__":3}}';

  it.each([
    '.',
    '. + {}',
    '{} + .',
    '. * {}',
    '{} * .',
    'to_entries|from_entries',
    'with_entries(.)',
    'map_values(.)',
    'walk(.)',
    'tojson|fromjson',
    '. as $x | reduce keys_unsorted[] as $k ({}; .[$k] = $x[$k])',
    'reduce to_entries[] as $e ({}; . + {($e.key): $e.value})',
    '.new = 1 | del(.new)',
    '. as {$a} | .',
    '[.] | .[0] | .a |= .',
    'fromstream(tostream)',
    '{"__proto__": .["__proto__"], constructor, a}',
    '[paths(type != "object") as $p | [$p, getpath($p)]] | reduce .[] as [$p, $v] (null; setpath($p; $v))',
  ])('%s gives them back', (program) => {
    const result = compile(program).run(JSON.parse(hostile) as Json)[0];
    expect(JSON.stringify(result)).toBe(hostile);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    '.__proto__.x = 1',
    '.["__proto__"]["x"] |= 1',
    'setpath(["__proto__", "x"]; 1)',
    '.constructor.prototype.x = 1',
  ])('%s changes the value alone', (program) => {
    expect(compile(program).run({})).toHaveLength(1);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(Object.getPrototypeOf(compile('.').evaluate({ a: 1 }))).toBe(Object.prototype);
  });

  it('names groups of a pattern like anything else', () => {
    const result = compile('capture("(?<__proto__>a)(?<constructor>b)")').evaluate('ab');
    expect(JSON.stringify(result)).toBe('{"__proto__":"a","constructor":"b"}');
  });
});

describe('A38: a runaway program is stopped soon, whatever it runs away with', () => {
  it.each<[string, string, Json?]>([
    ['def f: f; f', 'steps'],
    ['def f: 1 + f; f', 'callDepth'],
    ['def f: [f]; f', 'callDepth'],
    ['def f: f, f; f', 'callDepth'],
    ['def f: try f catch f; f', 'callDepth'],
    ['def f: (f | .)?; f', 'callDepth'],
    ['def f: {a: f} | .a; f', 'callDepth'],
    ['def f(g): g | f(g); f(.)', 'callDepth'],
    ['[range(1e12)]', 'steps'],
    ['repeat(.)', 'outputs'],
    ['[repeat(.)]', 'steps'],
    ['"a" * 1e9', 'stringLength'],
    ['[limit(1e9; repeat(1))]', 'steps'],
    ['until(false; .)', 'steps'],
    ['while(true; .) | empty', 'callDepth'],
    ['[recurse(.)]', 'steps'],
    ['[recurse(., .)]', 'callDepth'],
    ['last(range(1e12))', 'steps'],
    ['first(range(1e12) | select(. < 0))', 'steps'],
    ['reduce range(1e12) as $i (0; . + 1)', 'steps'],
    ['foreach repeat(1) as $i (0; . + 1; empty)', 'steps'],
    ['reduce range(60) as $i ("a"; . + .)', 'stringLength'],
    ['reduce range(60) as $i ([1]; . + .)', 'arrayLength'],
    ['[range(60)] | map("aaaaaaaa" * 1e6) | length', 'textLength'],
    ['.[1e6] = 1', 'arrayLength'],
    ['reduce range(1e5) as $i (null; [.]) | tojson', 'depth'],
    ['reduce range(1e5) as $i (null; {a: .}) | [..]', 'depth'],
    ['reduce range(1e5) as $i (null; [.]) | flatten', 'depth'],
    ['reduce range(1e5) as $i (null; [.]) | walk(.)', 'depth'],
    ['(reduce range(1e5) as $i (null; [.])) as $a | (reduce range(1e5) as $i (null; [.])) == $a', 'depth'],
    ['reduce range(1e5) as $i ({}; {a: .}) | tojson', 'depth'],
    ['tojson', 'depth', nested(50_000)],
    ['[..]', 'depth', nested(50_000)],
    ['sort_by(.) , ([., .] | sort)', 'depth', nested(50_000)],
    ['[range(1000)] | combinations(6) | empty', 'steps'],
    [`${'(.,.)|'.repeat(40)}empty`, 'steps'],
    ['def a: .,.; def b: a|a; def c: b|b; def d: c|c; def e: d|d; def f: e|e; [f]', 'steps'],
    [
      'def a: .+.; def b: a|a|a|a; def c: b|b|b|b; def d: c|c|c|c; def e: d|d|d|d; def f: e|e|e|e; def g: f|f|f|f; def h: g|g|g|g; def i: h|h|h|h; def j: i|i|i|i; 1|j|j|j|j',
      'steps',
    ],
    [`last(range(1e6) | {${Array.from({ length: 300 }, (_, i) => `a${String(i)}: (.+.)`).join(',')}})`, 'steps'],
    [`last(range(1e6) | [${Array.from({ length: 300 }, () => '.+1').join(',')}])`, 'steps'],
    [`last(range(1e6) | ${Array.from({ length: 200 }, () => '(.+1)').join('+')})`, 'steps'],
    ['last(range(1e7) | try error("x") catch .)', 'steps'],
    ['reduce range(50000) as $i ({}; .["k\\($i)"] = $i) | [range(1e5) as $i | (. - 1)?]', 'steps'],
    ['last(range(1e7) | label $f | break $f)', 'steps'],
    ['("a" * 1e5) | [match("a(.*b)?"; "g")] | length', 'steps'],
    ['("a" * 1e6) | [splits("a")] | length', 'steps'],
    ['last(range(1e6) | . as $x | "a" | test("(\\($x))"))', 'steps'],
    ...[
      '$s < $t',
      '$s == $t',
      '$s != $t',
      '($s + "x") < "b"',
      '[$s] == [$t]',
      '{a: $s} == {a: $t}',
      '{a: $s} < {a: $t}',
      '[$t, $s] | sort',
      '[$t, $s] | unique',
      '[$t, $s] | group_by(.)',
      '[$t, $s] | min',
      '[$s] | bsearch($t)',
      '[$s] - [$t]',
      '[$s] | index($t)',
      '[$s] | contains([$t])',
      '$s | startswith($t)',
      '$s | endswith($t)',
      '$s | ltrimstr($t)',
      '$s | rtrimstr($t)',
      '$s | trimstr($t)',
      '$s | index($t[1:])',
      '$s / $t',
      '{a: 1} | has($s + "x")',
      '{a: 1} | .[$s + "x"]',
      '{($s): 1, ($t): 1} | keys',
      '{a: 1} | {($s + "x"): 1}',
      '$s | tonumber?',
    ].map((use): [string, string] => [
      `("a" * 4000000 + "b") as $s | ("a" * 4000000 + "c") as $t | reduce range(200000) as $i (0; (${use}) as $x | . + 1)`,
      'steps',
    ]),
    ...[
      '$a == $b',
      '$a < $b',
      '[$a] - [$b]',
      '$a | index([range(1000) | 0])',
      '$o == $p',
      '$o < $p',
      '{} == $o',
      '$o | keys',
      '$o | contains($p)',
      '$a | contains(["x"])',
    ].map((use): [string, string] => [
      `[range(20000) | 0] as $a | ($a + []) as $b | (reduce range(5000) as $i ({}; .["k\\($i)"] = $i)) as $o | ($o + {}) as $p | reduce range(200000) as $i (0; (${use}) as $x | . + 1)`,
      'steps',
    ]),
    ['("a" * 4000000) | indices("a" * 2000000)', 'steps'],
    ['("a" * 2000000) as $h | ($h + $h) | contains($h + "b" + $h[1:1000000])', 'steps'],
    // A native step whose cost is not seen in its result.
    ['[range(10000) | 0] as $p | reduce range(1e6) as $i (0; null | getpath($p))', 'steps'],
    ['(reduce range(20000) as $i ({}; .["k\\($i)"] = $i)) as $o | reduce range(1e6) as $i (0; first($o[]))', 'steps'],
    ['(reduce range(20000) as $i ({}; .["k\\($i)"] = $i)) as $o | reduce range(1e6) as $i (0; $o | length)', 'steps'],
    ['("a" * 4000000) | [match("a"; "g")] | length', 'steps'],
    ['("a" * 4000000) | [match("a*b?"; "g")] | length', 'steps'],
    ['("a" * 4000000) | gsub(""; "x")', 'steps'],
    ['("a" * 1000000) as $s | [range(1000) | $s] | @csv', 'steps'],
    ['("a" * 1000000) as $s | [range(1000) | $s] | @sh', 'steps'],
    ['("a" * 1000000) as $s | [range(1000) | $s] | tojson', 'stringLength'],
    ['("a" * 1000000) as $s | [range(1000) | $s] | join(",")', 'stringLength'],
    ['[range(1000000)] | . - .', 'steps'],
    ['[range(nan)]', 'steps'],
    // A value that refers to itself so often that nothing could hold its text.
    ['reduce range(60) as $i (1; [., .])', 'steps'],
    ['reduce range(60) as $i (1; {a: ., b: .})', 'steps'],
    ['reduce range(60) as $i (1; [., .]) | tojson', 'steps'],
    ['reduce range(60) as $i (nan; [., .])', 'steps'],
    ['reduce range(60) as $i (1; [., .]) | flatten', 'steps'],
    ['reduce range(60) as $i (1; [., .]) | walk(.)', 'steps'],
    ['reduce range(60) as $i (1; [., .]) | [paths]', 'steps'],
    ['("a" * 16000000) as $s | [range(1000) | $s]', 'steps'],
    ['reduce range(20000) as $i (0; [.])', 'depth'],
    ['"x" | test("a" * 2000)', 'patternLength'],
    [`${'['.repeat(300)}${']'.repeat(300)}`, 'nesting'],
    [`${'('.repeat(4000)}1${')'.repeat(4000)}`, 'nesting'],
    [`1${'+1'.repeat(4000)}`, 'nesting'],
    [`.${'a.'.repeat(4000)}a`, 'nesting'],
    [`${'-'.repeat(8000)}1`, 'nesting'],
    [`${'try '.repeat(2000)}1`, 'nesting'],
    [`${'def f: '.repeat(1000)}1`, 'nesting'],
    [`${'. as $x | '.repeat(800)}1`, 'nesting'],
    [`${'if . then '.repeat(800)}1`, 'nesting'],
    [' '.repeat(8193), 'sourceLength'],
  ])('%s', (program, limit, input) => {
    let best = Infinity;
    for (let i = 0; i < TRIES && best > STOPPED_WITHIN_MS; i++) {
      const started = threadMs();
      const error = failureOf(() => compile(program).run(input ?? null));
      best = Math.min(best, threadMs() - started);
      expect(error).toBeInstanceOf(JqLimitError);
      expect((error as JqLimitError).limit).toBe(limit);
    }
    expect(best).toBeLessThanOrEqual(STOPPED_WITHIN_MS);
  });

  it('cannot be caught by the program', () => {
    expect(() => compile('try repeat(.) catch 1').run(null)).toThrow(JqLimitError);
    expect(() => compile('[.[]?, (def f: 1 + f; f)?] // 1').run(null)).toThrow(JqLimitError);
  });

  it('lets calls in tail position go on as long as there are steps', () => {
    expect(compile('def f: if . < 200000 then . + 1 | f else . end; f').run(0)).toEqual([200_000]);
    expect(compile('def f($n): if $n == 0 then . else . + 1 | f($n - 1) end; 0 | f(20000)').run(null)).toEqual([
      20_000,
    ]);
    expect(compile('[limit(3; def f: ., (. + 1 | f); f)]').run(0)).toEqual([[0, 1, 2]]);
  });

  it.each<[keyof JqLimits, number, string]>([
    ['steps', 100, '[range(1000)]'],
    ['outputs', 2, '1, 2, 3'],
    ['stringLength', 5, '"abc" | . + "def"'],
    ['arrayLength', 3, '[range(4)]'],
    ['textLength', 10, '[1, 2, 3 | "abcd\\(.)"]'],
    ['depth', 3, '[[[[[1]]]]] | tojson'],
    ['callDepth', 5, 'def f: if . > 0 then 1 + (. - 1 | f) else 0 end; 9 | f'],
    ['patternLength', 3, '"a" | test("abcd")'],
  ])('obeys the limit %s of the caller (%d)', (limit, bound, program) => {
    const error = failureOf(() => compile(program).run(null, { limits: { [limit]: bound } }));
    expect(error).toMatchObject({ limit, bound, name: 'JqLimitError' });
    expect((error as Error).message).toContain(String(bound));
    expect(() => compile(program).run(null)).not.toThrow();
  });

  it('uses a program again after it was stopped', () => {
    const program = compile('if . == 0 then repeat(.) else . end');
    expect(() => program.run(0)).toThrow(JqLimitError);
    expect(program.run(7)).toEqual([7]);
  });
});

describe('A40: text from outside stays text in every format', () => {
  it('quotes for the shell', () => {
    const hostile = `$(rm -rf /) \`id\` ; ' " \\ \n & | > < * ? ~ #`;
    const quoted = compile('@sh').evaluate(hostile) as string;
    expect(quoted).toBe(`'${hostile.replaceAll("'", "'\\''")}'`);
    expect(compile('@sh "run \\(.)"').evaluate(['a b', "c'd", 1])).toBe("run 'a b' 'c'\\''d' 1");
    expect(() => compile('@sh').evaluate([{}])).toThrow(JqError);
  });

  it('escapes for HTML', () => {
    expect(compile('@html').evaluate(`<img src=x onerror='alert("1")'>&amp;`)).toBe(
      '&lt;img src=x onerror=&apos;alert(&quot;1&quot;)&apos;&gt;&amp;amp;',
    );
    expect(compile('@html "<b>\\(.)</b>"').evaluate('<i>')).toBe('<b>&lt;i&gt;</b>');
  });

  it('escapes for addresses', () => {
    expect(compile('@uri').evaluate(`../?a=b&c=d#e f%20\r\n"é😀`)).toBe(
      '..%2F%3Fa%3Db%26c%3Dd%23e%20f%2520%0D%0A%22%C3%A9%F0%9F%98%80',
    );
    expect(compile('@uri|@urid').evaluate(`é😀 %/`)).toBe('é😀 %/');
  });

  it('escapes for tables and JSON', () => {
    expect(compile('@csv').evaluate(['a"b', 'c,d', 'e\nf', null, 1.5, true])).toBe('"a""b","c,d","e\nf",,1.5,true');
    expect(compile('@tsv').evaluate(['a\tb', 'c\\d', 'e\nf\r'])).toBe('a\\tb\tc\\\\d\te\\nf\\r');
    expect(compile('@json "x=\\(.)"').evaluate('"}\u2028')).toBe(`x=${JSON.stringify('"}\u2028')}`);
  });
});

describe('A41: data is never read as an expression', () => {
  it('interpolates once', () => {
    const hostile = '\\(1+1) ${.x} \\u0041 $ENV "';
    expect(compile('"\\(.a)"').evaluate({ a: hostile })).toBe(hostile);
    expect(compile('"\\("\\(.a)")"').evaluate({ a: hostile })).toBe(hostile);
    expect(compile('"\\(.a)" | "\\(.)" | tojson | fromjson').evaluate({ a: hostile })).toBe(hostile);
  });

  it('takes replacements and separators as they are', () => {
    expect(compile('gsub("a"; "$0 \\\\1 $&")').evaluate('a')).toBe('$0 \\1 $&');
    expect(compile('split(".")').evaluate('a.b')).toEqual(['a', 'b']);
    expect(compile('.[$k]', { variables: ['k'] }).evaluate({ '.a': 1 }, { variables: { k: '.a' } })).toBe(1);
  });
});
