import { describe, expect, test } from 'vitest';
import { checkExemptions } from './check-exemptions.ts';

const file = (text: string, path = 'packages/core/src/a.ts'): { path: string; text: string } => ({ path, text });

describe('the gate of exemptions', () => {
  test('passes one that names its rule and its reason', () => {
    expect(checkExemptions([file('// oxlint-disable max-lines -- one table, read as a whole')])).toEqual([]);
    expect(checkExemptions([file('// @ts-expect-error: the test passes what the type forbids')])).toEqual([]);
  });

  test('refuses one without a reason or a rule', () => {
    expect(checkExemptions([file('// oxlint-disable-next-line no-eval')])).toHaveLength(1);
    expect(checkExemptions([file('/* oxlint-disable */')])).toHaveLength(2);
    expect(checkExemptions([file('// @ts-ignore')])).toHaveLength(1);
  });

  test('refuses the sixth exemption from the size rules', () => {
    const files = Array.from({ length: 6 }, (_, i) =>
      file('// oxlint-disable max-lines -- why', `packages/core/src/${i}.ts`),
    );
    expect(checkExemptions(files.slice(1))).toEqual([]);
    expect(checkExemptions(files)).toHaveLength(1);
  });
});
