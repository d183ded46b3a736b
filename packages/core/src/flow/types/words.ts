import { listWords } from '../../schema/problems.ts';
import type { Shape } from './shape.ts';
import { alternatives } from './shape.ts';

/** The kinds of value that have a shape, for people. */
export function kindsOf(shape: Shape): string {
  const kinds = new Set((alternatives(shape) ?? []).map(({ kind }) => words[kind]));
  return listWords([...kinds], 'or');
}

const words = {
  null: 'null',
  boolean: 'a boolean',
  number: 'a number',
  string: 'a text',
  array: 'an array',
  object: 'an object',
} as const;
