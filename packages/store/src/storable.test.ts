import { describe, expect, it } from 'vitest';
import { readCursor, writeCursor } from './cursors.ts';
import { assertStorable, isRunId } from './storable.ts';

describe('storable text', () => {
  it('is any text but one with NUL or half of a surrogate pair', () => {
    expect(() => assertStorable('ünïcödé 🎉\n\\u0000', 'The name')).not.toThrow();
    expect(() => assertStorable('a\u0000', 'The name')).toThrow(/^The name contains the character NUL/);
    expect(() => assertStorable('\udc00a', 'The name')).toThrow(
      expect.objectContaining({ code: 'PAWL_INPUT_INVALID' }),
    );
  });

  it('is a run id in the form of a uuid alone', () => {
    expect(isRunId('019a2b3c-4d5e-7f60-8123-456789abcdef')).toBe(true);
    for (const text of ['', 'x', '019a2b3c-4d5e-7f60-8123-456789abcde', '019a2b3c4d5e7f608123456789abcdef'])
      expect(isRunId(text)).toBe(false);
  });
});

describe('a cursor', () => {
  it('comes back as its position', () => {
    expect(readCursor('decisions', writeCursor('decisions', [7, 'x']), ['number', 'string'])).toEqual([7, 'x']);
    expect(readCursor('decisions', null, ['number', 'string'])).toBeNull();
  });

  it('of another list or shape is refused', () => {
    const refused = [
      writeCursor('runs', [7, 'x']),
      writeCursor('decisions', [7]),
      writeCursor('decisions', ['7', 'x']),
      writeCursor('decisions', [7.5, 'x']),
      writeCursor('decisions', [7, 'x\u0000']),
      'e30',
      '%',
    ];
    for (const cursor of refused) {
      expect(() => readCursor('decisions', cursor, ['number', 'string'])).toThrow(
        expect.objectContaining({ code: 'PAWL_REQUEST_INVALID' }),
      );
    }
  });
});
