import { nameHint } from '../../schema/problems.ts';

/** More names than this are not compared: a hint must not cost more than the check. */
const maxCompared = 1_000;

/** Names the nearest known name, or all of them when they are few. */
export function nearestHint(name: string, known: Iterable<string>): string | undefined {
  return nameHint(name, [...new Set(known)].slice(0, maxCompared));
}
