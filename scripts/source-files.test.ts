import { expect, test } from 'vitest';
import { importsOf } from './source-files.ts';

const read = (text: string): unknown[] =>
  importsOf(text).map((each) => [each.specifier, each.typeOnly, each.names.join(' ')]);

test('reads every form of an import', () => {
  expect(read("import 'a';")).toEqual([['a', false, '']]);
  expect(read("import a from 'a';")).toEqual([['a', false, 'default']]);
  expect(read("import * as a from 'a';")).toEqual([['a', false, '*']]);
  expect(read("import a, { b as c } from 'a';")).toEqual([['a', false, 'b default']]);
  expect(read("import type { A } from 'a';")).toEqual([['a', true, 'A']]);
  expect(read("import { type A, type B } from 'a';")).toEqual([['a', true, '']]);
  expect(read("import { type A, b } from 'a';")).toEqual([['a', false, 'b']]);
  expect(read("export { a } from 'a';")).toEqual([['a', false, 'a']]);
  expect(read("export type { A } from 'a';")).toEqual([['a', true, 'A']]);
  expect(read("export * from 'a';")).toEqual([['a', false, '*']]);
  expect(read("import {\n  a,\n  b,\n} from 'a';")).toEqual([['a', false, 'a b']]);
  expect(read("const a = await import('a');")).toEqual([['a', false, '']]);
});

test('takes nothing else for an import', () => {
  expect(read("export const a = 'from b';")).toEqual([]);
  expect(read("export type A = 'x' | 'y';")).toEqual([]);
  expect(read("export interface A {\n  readonly kind: 'x';\n}\n")).toEqual([]);
  expect(read("/** As in\n * import { a } from 'a';\n */")).toEqual([]);
});
