import { describe, expect, it } from 'vitest';
import { mayAnswer } from './may-answer.ts';

const lena = { kind: 'token', name: 'lena', role: 'operator' } as const;

describe('who may answer a question', () => {
  it.each([
    [['user:lena'], true],
    [['finance', 'user:lena'], true],
    [['lena'], true],
    [['operator'], true],
    [[], true],
    [['user:max'], false],
    [['user:operator'], false],
    [['finance', 'publisher'], false],
  ])('asked of %j, one with the name lena: %s', (to, may) => {
    expect(mayAnswer(lena, to)).toBe(may);
  });

  it('is always the owner of the machine, and an administrator', () => {
    expect(mayAnswer({ ...lena, kind: 'owner' }, ['finance'])).toBe(true);
    expect(mayAnswer({ ...lena, role: 'admin' }, ['finance'])).toBe(true);
  });
});
