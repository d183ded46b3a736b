import { describe, expect, test } from 'vitest';
import { checkImports } from './check-imports.ts';
import { listFiles } from './source-files.ts';
import { tempTree } from './temp-tree.ts';

const check = (files: Record<string, string>): string[] => checkImports(listFiles(tempTree(files), ['.ts']));

describe('the import gate', () => {
  test('passes imports that follow the order', () => {
    expect(
      check({
        'packages/core/src/a.ts': "import { x } from '@pawl/jq';\nimport { y } from './b.ts';\n",
        'packages/core/src/b.ts': 'export const y = 1;\n',
        'packages/runtime/src/a.ts': "import { z } from '@pawl/core/internal';\n",
        'packages/store/src/a.test.ts': "import { storeContract } from '@pawl/testkit/store.testsuite';\n",
      }),
    ).toEqual([]);
  });

  test('refuses an import against the order, and names file and line', () => {
    expect(check({ 'packages/core/src/a.ts': "\nimport { x } from '@pawl/store';\n" })).toEqual([
      'packages/core/src/a.ts:2: core may not import store (it may: jq)',
    ]);
  });

  test('refuses it in a type import, a re-export over several lines and a dynamic import too', () => {
    const problems = check({
      'packages/store/src/a.ts': "import type { X } from '@pawl/runtime';\n",
      'packages/store/src/b.ts': "export {\n  x,\n  y,\n} from '@pawl/runtime';\n",
      'packages/store/src/c.ts': "const x = await import('@pawl/runtime');\n",
    });
    expect(problems).toHaveLength(3);
    expect(problems.every((problem) => problem.includes('store may not import runtime'))).toBe(true);
  });

  test('refuses a deep import, by name and by path', () => {
    expect(
      check({
        'packages/runtime/src/a.ts': "import { x } from '@pawl/core/src/errors.ts';\n",
        'packages/runtime/src/b.ts': "import { x } from '../../core/src/errors.ts';\n",
        'bench/c.ts': "import { x } from '@pawl/core/src/errors.ts';\n",
      }),
    ).toHaveLength(3);
  });

  test('refuses testkit outside of tests', () => {
    const text = "import { x } from '@pawl/testkit';\n";
    expect(check({ 'packages/store/src/a.ts': text, 'packages/store/src/a.test.ts': text })).toEqual([
      'packages/store/src/a.ts:1: testkit serves tests only',
    ]);
  });

  test('refuses Node in a pure package but not in its tests', () => {
    const text = "import { readFileSync } from 'node:fs';\n";
    expect(check({ 'packages/jq/src/a.ts': text, 'packages/jq/src/a.test.ts': text })).toEqual([
      'packages/jq/src/a.ts:1: jq is pure and imports nothing of Node',
    ]);
  });

  test('lets only the egress client open connections; listening is free', () => {
    const client = "import { connect } from 'node:net';\nimport { Agent } from 'undici';\n";
    expect(
      check({
        'packages/actions/src/egress/client.ts': client,
        'packages/actions/src/http/run.ts': client,
        'packages/server/src/listen.ts': "import { createServer, type Server } from 'node:http';\n",
      }).map((problem) => problem.split(': ')[0]),
    ).toEqual(['packages/actions/src/http/run.ts:1', 'packages/actions/src/http/run.ts:2']);
  });

  test('finds a cycle of files, and lets types refer to each other', () => {
    expect(
      check({
        'packages/jq/src/a.ts': "import { b } from './b.ts';\n",
        'packages/jq/src/b.ts': "import { c } from './sub/c.ts';\n",
        'packages/jq/src/sub/c.ts': "import { a } from '../a.ts';\n",
        'packages/jq/src/d.ts': "import type { E } from './e.ts';\n",
        'packages/jq/src/e.ts': "import { d } from './d.ts';\n",
      }),
    ).toEqual([
      'packages/jq/src/a.ts: an import cycle: packages/jq/src/a.ts → packages/jq/src/b.ts → packages/jq/src/sub/c.ts → packages/jq/src/a.ts',
    ]);
  });

  test('refuses a package that has no place in the order', () => {
    expect(check({ 'packages/new/src/a.ts': "import { x } from '@pawl/core';\n" })).toHaveLength(1);
  });
});
