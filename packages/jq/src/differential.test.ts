import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from './index.ts';
import { runDifferential } from './testing/differential.ts';
import { DIFFERENCES } from './testing/differences.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('random programs', () => {
  it('answer as jq does, or differ for a documented reason (seed 20261124)', async () => {
    const tally = await runDifferential({ programs: 1200, seed: 20_261_124 });
    expect(tally.disagreements).toEqual([]);
    expect(tally.limited).toBeLessThan(tally.evaluations / 100);
    // Programs that only fail would agree about little.
    expect(tally.withValue).toBeGreaterThan(tally.evaluations / 2);
  });

  it.each(DIFFERENCES.map(({ reason }) => reason))('the README says: %s', (reason) => {
    expect(README.replace(/\s+/g, ' ').toLowerCase()).toContain(reason.toLowerCase());
  });
});

/** What random programs and jq's own suite have found: each line failed once. Answers are jq's. */
describe('what was found by comparing', () => {
  it.each<[string, unknown, unknown[]]>([
    ['1 + 2 as $x | -$x', null, [-3]],
    ['[foreach .[] / .[] as $i (0; . + $i)]', [1, 2], [[1, 3, 3.5, 4.5]]],
    ['. as [$a, $a] | $a', [1, 2], [2]],
    ['. as {a: $x, b: $x} | $x', { a: 1, b: 2 }, [1]],
    ['try (. as [$a, $b] | $a) catch .', {}, ['Cannot index object with number (1)']],
    ['try pow(error("x"); error("y")) catch .', null, ['y']],
    ['[.[-0.5], .[-1.5], .[-3.5]]', [1, 2, 3], [[1, 3, 1]]],
    ['[has(-0.5, -1)]', [1], [[true, false]]],
    ['try (.[nan] = 9) catch .', [1], ['Cannot set array element at NaN index']],
    ['del(.[1], .[-6], .[2], .[-3:9])', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [[0, 3, 5, 6, 9]]],
    ['del(.[nan, nan])', [1, 2], [[1, 2]]],
    ['delpaths([[1], [1, "a"]])', [1, 2, 3], [[1, 3]]],
    ['try delpaths([null]) catch .', [], ['Path must be specified as array, not null']],
    ['[.[] | try (null | getpath([.])) catch .]', [true], [[null].map(() => 'Cannot index null with null (null)')]],
    [
      '[limit(1.5; 1, 2, 3)], [skip(1.5; 1, 2, 3)]',
      null,
      [
        [1, 2],
        [2, 3],
      ],
    ],
    ['try [skip(nan; 1)] catch .', null, ["skip doesn't support negative count"]],
    ['try [limit("a"; 1)] catch .', null, ['string ("a") and number (1) cannot be subtracted']],
    [
      '[limit(3; range(0; null; null))], [limit(2; range(nan))]',
      null,
      [
        [0, 0, 0],
        [0, 1],
      ],
    ],
    ['[range([]; [1, 1]; [1])]', null, [[[], [1]]]],
    ['.[] | flatten(1.5)', [[1, [2, [3]]]], [[1, 2, 3]]],
    ['try flatten(null) catch .', [], ['flatten depth must not be negative']],
    ['trim, ltrim', '\u0085\u2003a\u3000', ['a', 'a\u3000']],
    ['trim', '\ufeffa', ['\ufeffa']],
    ['[.[] | isnan, isnormal, isinfinite]', [null, {}], [[false, false, false, false, false, false]]],
    ['[gmtime[5], todate]', -0.5, [[0.5, '1970-01-01T00:00:00Z']]],
    ['try (gmtime | mktime) catch .', -1, ['invalid gmtime representation']],
    ['mktime', [], [-2_209_075_200]],
    ['[splits("a", "b"; "g", "i")]', 'xAb', [['xAb', 'x', 'b', 'xA', '', 'xA', '']]],
    ['[sub("a"; empty)]', 'ab', [['ab']]],
    ['try fromjson catch .', '[1,]', ["Expected another array element at line 1, column 4 (while parsing '[1,]')"]],
    ['try fromjson catch .', '"é', [`Unfinished string at EOF at line 1, column 3 (while parsing '"é')`]],
    ['fromjson', '[+1, .5, 01, nan, "\\ud83d\\ude00"]', [[1, 0.5, 1, null, '😀']]],
    ['@sh, @html', 'a\0', ["'a\\0'", 'a\\0']],
    ['try @urid catch .', '%C3', ['string ("%C3") is not a valid uri encoding']],
    ['.[] | try @base64d catch .', ['ab=c', 'abcde'], ['i', 'string ("abcde") trailing base64 byte found']],
    ['try group_by(.) catch .', {}, ['object ({}) and array ([]) cannot be sorted, as they are not both arrays']],
    ['[path(until(. == null; .a))]', { a: null }, [[['a']]]],
    ['try (. * 1000000000) catch .', 'abc', ['Repeat string result too long']],
    ['[modf, significand]', -0.5, [[[-0.5, -0], -1]]],
    ['[pow(1; nan), ldexp(1; nan), drem(5; infinite)]', null, [[1, 1, 5]]],
    ['bsearch(2)', [1, 2, 2, 3], [2]],
    ['builtins | any(startswith("_")), length > 200', null, [false, true]],
    ['_strindices("b")', 'abcb', [[1, 3]]],
  ])('%s', (program, input, outputs) => {
    expect(compile(program).run(input as never)).toEqual(outputs);
  });
});

describe('values nest as deep as in jq', () => {
  it.each<[string, unknown]>([
    ['reduce range(9999) as $_ ([]; [.]) | tojson | fromjson | flatten', []],
    ['reduce range(10000) as $_ ([]; [.]) | tojson | try fromjson catch contains("Exceeds depth limit")', true],
    ['setpath([range(10000) | 0]; 0) | flatten', [0]],
    ['try setpath([range(10001) | 0]; 0) catch .', 'Path too deep'],
    ['getpath([range(10000) | 0])', null],
    ['try getpath([range(10001) | 0]) catch .', 'Path too deep'],
    ['try delpaths([[range(10001) | 0]]) catch .', 'Path too deep'],
    ['try (reduce range(10001) as $_ ([]; [.]) as $x | $x | contains($x)) catch .', 'Containment check too deep'],
    ['reduce range(10000) as $_ ({}; {a: .}) as $x | $x * $x | length', 1],
    ['try (reduce range(10001) as $_ ({}; {a: .}) as $x | $x * $x) catch .', 'Object merge too deep'],
    [
      '(reduce range(9000) as $_ ([]; [.])) as $x | [$x == ($x | walk(.)), ($x | [..] | length), ([$x, $x] | sort | .[0] == $x)]',
      [true, 9001, true],
    ],
    ['reduce range(1000) as $_ (nan; [.]) | [tostream] | length', 1001],
  ])('%s', (program, output) => {
    expect(compile(program).evaluate(null)).toEqual(output);
  });
});
