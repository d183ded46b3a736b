import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';

describe('parseJson', () => {
  it.each([
    ['1e999', Number.MAX_VALUE],
    ['-1e999', -Number.MAX_VALUE],
    ['[{"a": 1E400}, 2]', [{ a: Number.MAX_VALUE }, 2]],
    [`1${'0'.repeat(400)}.5`, Number.MAX_VALUE],
  ])('reads %s as what the journal gives back', (text, value) => {
    expect(parseJson(text)).toEqual(value);
    expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(value);
  });

  it('leaves numbers that fit and texts that look like numbers as they are', () => {
    const text = '{"a":1e308,"b":"1e999","c":-0.5e-999,"d":null}';
    expect(parseJson(text)).toEqual({ a: 1e308, b: '1e999', c: -0, d: null });
  });

  it('keeps a member with the name __proto__ as plain data', () => {
    const value = parseJson('{"__proto__": 1e999}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":1.7976931348623157e+308}');
  });

  it('takes values nested deeper than the stack is high', () => {
    const text = `${'['.repeat(100_000)}1e999${']'.repeat(100_000)}`;
    let value: unknown = parseJson(text);
    while (Array.isArray(value)) [value] = value;
    expect(value).toBe(Number.MAX_VALUE);
  });

  it('refuses what is no JSON', () => {
    expect(() => parseJson('{a: 1}')).toThrow(SyntaxError);
  });
});
