import { describe, expect, it } from 'vitest';
import { messageKey } from './message-key.ts';
import { isRunId } from './storable.ts';

describe('the key of a message', () => {
  it('is its id where that is a uuid as PostgreSQL writes it', () => {
    expect(messageKey('019a2b3c-4d5e-7f60-8123-456789abcdef')).toBe('019a2b3c-4d5e-7f60-8123-456789abcdef');
  });

  it('is a uuid of its own for any other id', () => {
    const ids = ['', 'cancel 7', '019A2B3C-4D5E-7F60-8123-456789ABCDEF', 'ünïcödé', 'x'.repeat(255)];
    const keys = ids.map(messageKey);
    expect(keys.every(isRunId)).toBe(true);
    expect(new Set(keys).size).toBe(ids.length);
    expect(ids.map(messageKey)).toEqual(keys);
  });
});
