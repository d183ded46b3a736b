import { describe, expect, it } from 'vitest';
import { expressionOf, scanText } from './expression-text.ts';

describe('a string in a value position', () => {
  it.each(['', 'hello', '.name', '$context', 'a { b } c', '$ {.a}', '{}'])(
    'stands for itself without ${: %j',
    (text) => {
      expect(scanText(text)).toEqual({ kind: 'literal', text });
    },
  );

  it('is an expression when one span covers all of it', () => {
    expect(scanText('${ .a }')).toEqual({ kind: 'expression', source: ' .a ', offset: 2 });
    expect(scanText('  ${.a}\n')).toEqual({ kind: 'expression', source: '.a', offset: 4 });
    expect(scanText('${}')).toEqual({ kind: 'expression', source: '', offset: 2 });
  });

  it.each([
    ['braces of objects', '${ {a: {b: 1}} }', ' {a: {b: 1}} '],
    ['a brace in a string', '${ "}" }', ' "}" '],
    ['an escaped quote', '${ "\\"}" }', ' "\\"}" '],
    ['a string in an insertion in a string', '${ "a\\(.b + "}\\(1)")" }', ' "a\\(.b + "}\\(1)")" '],
    ['parentheses in an insertion', '${ "\\((1 + 2) | tostring)}" }', ' "\\((1 + 2) | tostring)}" '],
    ['a comment with a brace', '${ .a # }\n }', ' .a # }\n '],
  ])('does not end its span at %s', (_, text, source) => {
    expect(scanText(text)).toEqual({ kind: 'expression', source, offset: 2 });
  });

  it('is an interpolation with several spans, or with other text (decided: a documented extension)', () => {
    expect(scanText('${ .a } and ${ .b }')).toEqual({
      kind: 'interpolation',
      parts: [{ source: ' .a ', offset: 2 }, ' and ', { source: ' .b ', offset: 14 }],
    });
    expect(scanText('Hello, ${ .user.name }!')).toEqual({
      kind: 'interpolation',
      parts: ['Hello, ', { source: ' .user.name ', offset: 9 }, '!'],
    });
    expect(scanText('${ .a }${ .b }').kind).toBe('interpolation');
  });

  it('is a literal that tells where a span is never closed', () => {
    expect(scanText('costs ${ 5')).toEqual({ kind: 'literal', text: 'costs ${ 5', unclosed: 6 });
    expect(scanText('${ .a } and ${ .b')).toEqual({ kind: 'literal', text: '${ .a } and ${ .b', unclosed: 12 });
  });

  it('is the expression that was meant when its jq does not close by itself, so that jq can say why', () => {
    expect(scanText('${ "a }')).toEqual({ kind: 'expression', source: ' "a ', offset: 2 });
    expect(scanText(' ${ (.a } ')).toEqual({ kind: 'expression', source: ' (.a ', offset: 3 });
    expect(scanText('${ .a # why }')).toEqual({ kind: 'expression', source: ' .a # why ', offset: 2 });
  });

  it('is scanned in linear time', () => {
    const text = '${'.repeat(500_000);
    expect(scanText(text)).toEqual({ kind: 'literal', text, unclosed: 0 });
  });
});

describe('a field that only takes expressions', () => {
  it('takes bare jq, and jq in ${ }', () => {
    expect(expressionOf('.a > 1')).toEqual({ source: '.a > 1', offset: 0 });
    expect(expressionOf('${ .a > 1 }')).toEqual({ source: ' .a > 1 ', offset: 2 });
  });

  it('does not cut a text of which the span is only a part', () => {
    expect(expressionOf('${ .a } and ${ .b }')).toEqual({ source: '${ .a } and ${ .b }', offset: 0 });
  });
});
