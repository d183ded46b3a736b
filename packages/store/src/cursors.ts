import { PawlError } from '@pawl/core';
import { isRunId, isStorable } from './storable.ts';

/** Kinds of list; a cursor of one is refused by another. */
export type ListKind = 'runs' | 'flows' | 'decisions' | 'events' | 'schedules' | 'audit';

/** Longest page that a list gives. */
const longestPage = 1_000;

/** An opaque cursor: where the next page of a list begins. */
export function writeCursor(kind: ListKind, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([kind, ...position])).toString('base64url');
}

/** The position of a cursor, whose parts must have these types. Throws `PAWL_REQUEST_INVALID` for one that no list gave. */
export function readCursor(
  kind: ListKind,
  cursor: string | null,
  types: readonly ('uuid' | 'string' | 'number')[],
): (string | number)[] | null {
  if (cursor === null) return null;
  const parts = parse(cursor);
  const [found, ...position] = parts;
  if (found !== kind || position.length !== types.length || !types.every((type, i) => isOf(type, position[i]))) {
    throw new PawlError('PAWL_REQUEST_INVALID', 'The cursor is not one that this list gave; begin without a cursor.');
  }
  return position as (string | number)[];
}

/** The rows of a page of `limit`, read with one more row to see whether another page follows. */
export function pageLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage) {
    throw new PawlError('PAWL_REQUEST_INVALID', `A page has 1 to ${longestPage} entries.`);
  }
  return limit;
}

function isOf(type: 'uuid' | 'string' | 'number', value: unknown): boolean {
  if (type === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'string') return false;
  return type === 'uuid' ? isRunId(value) : isStorable(value);
}

function parse(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
