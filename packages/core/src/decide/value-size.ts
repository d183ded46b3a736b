import type { Json } from '../json.ts';
import type { Limits } from '../limits.ts';
import { fault } from '../program/fault.ts';

/**
 * About how many characters a value's JSON text has. A value that is too large or nested too deep to be kept is a
 * `runtime` fault that says so of `what`.
 */
export function sizeOf(value: Json, what: string, limits: Limits): number {
  const most = limits.valueCharacters;
  let size = 0;
  const add = (part: Json, depth: number): void => {
    if (typeof part === 'string') size += part.length + 2;
    else if (typeof part !== 'object' || part === null) size += 6;
    else {
      if (depth >= limits.valueDepth)
        throw fault(
          'runtime',
          `${what} is nested deeper than ${limits.valueDepth} levels, which is more than a run keeps.`,
        );
      size += 2;
      if (Array.isArray(part)) for (const item of part as readonly Json[]) add(item, depth + 1);
      else {
        for (const [name, member] of Object.entries(part)) {
          size += name.length + 3;
          add(member, depth + 1);
        }
      }
    }
    if (size > most)
      throw fault(
        'runtime',
        `${what} is larger than ${most} characters, which is more than a run keeps. Keep only what later steps need, or work on a dataset page by page.`,
      );
  };
  add(value, 0);
  return size;
}
