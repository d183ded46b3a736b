import { describe, expect, it } from 'vitest';
import { compilePattern, nativePattern, usesLookAround } from './pattern.ts';

const MAX_CHARACTERS = 1_000;

function matches(source: string, text: string): boolean {
  const pattern = compilePattern(source, MAX_CHARACTERS);
  if (typeof pattern !== 'function') throw new Error(pattern.message);
  return pattern(text);
}

describe('compilePattern', () => {
  const sources = [
    ...[
      '^a.c$',
      '\\s',
      '\\S',
      '[\\s]',
      '[^\\s]',
      '[\\S]',
      '[^\\S]',
      '\\d+',
      '\\w',
      '\\bx\\b',
      '[\\b]',
      'a{2,3}',
      '^(?:ab|c)*$',
      '(?<year>\\d{4})',
      '(a)(b)',
    ],
    ...[
      '\\u00e9',
      '\\u{1F4A9}',
      '\\ud83d\\udca9',
      '\\x41',
      '\\0',
      '\\cA',
      '\\/',
      '[\\-a]',
      '[^a]',
      '[]',
      '[^]',
      '\\p{L}',
      '\\p{Letter}',
      '\\P{Lu}',
      '\\p{Script=Greek}',
    ],
    ...['^\\p{Lu}', '[\\p{N}_]', '[[]', '[a^]', '\\$\\{', '^.$', '^$', 'a|b', 'a+?b', '\\.', '\\t|\\n|\\r|\\v|\\f'],
  ];
  const texts = [
    '',
    'a',
    'b',
    'abc',
    'a\nc',
    'a\u2028c',
    ' ',
    '\u00a0',
    '\ufeff',
    '\v',
    'x y',
    '2026',
    'é',
    '💩',
    'A',
    '\0',
    '\u0001',
    '/',
    '-',
    '[',
    '^',
    'λ',
    '${',
    'aab',
    '\b',
    '.',
    '\t',
  ];

  it('means what the pattern means in JavaScript', () => {
    for (const source of sources) {
      const native = new RegExp(source, 'u');
      for (const text of texts)
        expect(matches(source, text), `${source} on ${JSON.stringify(text)}`).toBe(native.test(text));
    }
  });

  it.each(['(?=a)', 'a(?!b)', '(?<=a)b', '(?<!a)b'])('refuses look-around, saying so: %s', (source) => {
    expect(compilePattern(source, MAX_CHARACTERS)).toMatchObject({
      message: expect.stringContaining('look-around'),
      hint: expect.stringContaining('allOf'),
    });
    expect(usesLookAround(source)).toBe(true);
  });

  it.each(['(a)\\1', '(?<x>a)\\k<x>'])('refuses back-references, saying so: %s', (source) => {
    expect(compilePattern(source, MAX_CHARACTERS)).toMatchObject({
      message: expect.stringContaining('back-reference'),
    });
  });

  it.each(['(', '[a', '[b-a]', 'a**', '\\', '\\q', '\\p{Klingon}', '\\p', '(?<x', 'a{2,1}', '(?x'])(
    'refuses what is no pattern: %s',
    (source) => {
      expect(compilePattern(source, MAX_CHARACTERS)).toMatchObject({
        message: expect.stringContaining('not a valid pattern'),
      });
    },
  );

  it('refuses a pattern that is too long', () => {
    expect(compilePattern('a'.repeat(MAX_CHARACTERS + 1), MAX_CHARACTERS)).toMatchObject({
      message: expect.stringContaining('longer'),
    });
  });

  it('runs in time linear in the text where a backtracking engine would never end', () => {
    const started = performance.now();
    expect(matches('^(a+)+$', `${'a'.repeat(20_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('nativePattern', () => {
  it('takes look-around, and refuses what is no pattern', () => {
    const pattern = nativePattern('^(?!x)');
    expect(typeof pattern === 'function' && [pattern('a'), pattern('x')]).toEqual([true, false]);
    expect(nativePattern('(')).toMatchObject({ message: expect.stringContaining('not a valid pattern') });
  });

  it('is not needed for an escaped bracket', () => {
    expect(usesLookAround('\\(?=')).toBe(false);
  });
});
