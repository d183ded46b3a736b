import { describe, expect, test } from 'vitest';
import { checkCode } from './check-code.ts';

const check = (text: string, path = 'packages/store/src/a.ts'): string[] => checkCode([{ path, text }]);

describe('the code gate', () => {
  test.each([
    "eval('1');",
    "const f = new Function('return 1');",
    "import { runInThisContext } from 'node:vm';",
    "import { execSync } from 'node:child_process';",
    "spawn('ls', { shell: true });",
  ])('refuses text that is run as code: %s', (text) => {
    expect(check(text)).toHaveLength(1);
  });

  test.each(['new Date()', "a.localeCompare('b')", 'date.getHours()', 'n.toLocaleString()'])(
    'refuses %s in a pure package only',
    (text) => {
      expect(check(text, 'packages/core/src/a.ts')).toHaveLength(1);
      expect(check(text, 'packages/core/src/a.test.ts')).toEqual([]);
      expect(check(text)).toEqual([]);
    },
  );

  test('lets a pure package compute with dates that it was given', () => {
    expect(check('new Date(now).getUTCHours()', 'packages/core/src/a.ts')).toEqual([]);
  });

  test('refuses an index that exports everything', () => {
    expect(check("export * from './a.ts';", 'packages/core/src/index.ts')).toHaveLength(1);
  });

  test('does not read comments, and counts lines through them', () => {
    expect(check("/*\n * eval('1')\n */\n// new Function\nconst a = retrieval(1);\neval('1');")).toEqual([
      'packages/store/src/a.ts:6: eval( (no text is run as code)',
    ]);
  });
});
