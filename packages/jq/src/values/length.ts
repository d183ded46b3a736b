import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describeKind } from './describe.ts';
import { codePointLength } from './text.ts';

/** `length`: characters, elements or keys; the size of a number; 0 for null. */
export function lengthOf(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'string') return codePointLength(value);
  if (typeof value === 'number') return Math.abs(value);
  if (typeof value === 'boolean') return raise(`${describeKind(value)} has no length`);
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}
