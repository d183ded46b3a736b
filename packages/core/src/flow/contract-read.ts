import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Problem } from '../result.ts';
import { listWords, nameHint, pointerSegment, renderValue, valuePhrase } from '../schema/problems.ts';
import { parseDuration } from './duration.ts';
import type { Duration } from './duration.ts';

/** Reads one value of a contract; undefined, and a problem more, when it is not what it should be. */
export type Read<T> = (value: Json, path: string, problems: Problem[]) => T | undefined;

type Fields<T> = { readonly [Key in keyof T]-?: Read<Exclude<T[Key], undefined>> };

/**
 * An object of the given members, each of them optional. `later` names members of the design that this version does
 * not act on: they are refused, since a contract that is silently ignored is worse than none.
 */
export function object<T extends object>(fields: Fields<T>, later: readonly string[] = []): Read<Partial<T>> {
  const known = Object.keys(fields);
  return (value, path, problems) => {
    if (!isObject(value))
      return refuse(
        problems,
        path,
        `must be an object with the members ${listWords(known, 'or')}, and is ${valuePhrase(value)}`,
      );
    const read: Partial<T> = {};
    for (const key of Object.keys(value)) {
      const at = path + pointerSegment(key);
      if (Object.hasOwn(fields, key)) {
        const member = fields[key as keyof T](value[key] as Json, at, problems);
        if (member !== undefined) read[key as keyof T] = member;
      } else {
        problems.push(later.includes(key) ? notYet(at, key) : unknown(at, key, known));
      }
    }
    return read;
  };
}

/** One of these words; `later` as for `object`. */
export function word<T extends string>(words: readonly T[], later: readonly string[] = []): Read<T> {
  return (value, path, problems) => {
    const found = words.find((each) => each === value);
    if (found === undefined && typeof value === 'string' && later.includes(value)) {
      problems.push(notYet(path, value));
      return undefined;
    }
    return found ?? refuse(problems, path, `must be ${listWords(words, 'or')}, and is ${renderValue(value)}`);
  };
}

/** A text that says something. */
export const text: Read<string> = (value, path, problems) =>
  typeof value === 'string' && value.trim() !== ''
    ? value
    : refuse(problems, path, `must be a text, and is ${renderValue(value)}`);

/** A length of time above zero, written as a constant. */
export const duration: Read<Duration> = (value, path, problems) => {
  const parsed = parseDuration(value);
  if (parsed !== undefined && (parsed.ms > 0 || parsed.months > 0)) return parsed;
  return refuse(
    problems,
    path,
    `must be a duration above zero, and is ${renderValue(value)}`,
    'write PT30S for 30 seconds, PT5M for 5 minutes or P1D for a day',
  );
};

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): Read<number> {
  return (value, path, problems) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : refuse(problems, path, `must be a whole number from ${least} to ${most}, and is ${renderValue(value)}`);
}

/** Exactly this value, because nothing else is built yet. */
export function only<T extends Json>(wanted: T): Read<T> {
  return (value, path, problems) =>
    value === wanted ? wanted : refuse(problems, path, `must be ${JSON.stringify(wanted)} in this version of Pawl`);
}

/** Either of two forms, told apart by being an object. */
export function objectOr<A, B>(object: Read<A>, other: Read<B>): Read<A | B> {
  return (value, path, problems) => (isObject(value) ? object(value, path, problems) : other(value, path, problems));
}

/** `metadata.pawl` of a task or of the document's head. */
export function pawlOf(owner: JsonObject): Json | undefined {
  const metadata = owner['metadata'];
  return isObject(metadata) ? metadata['pawl'] : undefined;
}

/** Notes that a contract's value is wrong. */
export function refuse(problems: Problem[], path: string, message: string, hint?: string): undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const problem: Problem = { code: 'PAWL_FLOW_CONTRACT', severity: 'error', path, message: `${name} ${message}.` };
  problems.push(hint === undefined ? problem : { ...problem, hint });
  return undefined;
}

function unknown(path: string, key: string, known: readonly string[]): Problem {
  const hint = nameHint(key, known);
  const problem: Problem = {
    code: 'PAWL_FLOW_CONTRACT_KEY',
    severity: 'error',
    path,
    message: `Pawl's contract has no member "${key}" here.`,
  };
  return hint === undefined ? problem : { ...problem, hint };
}

function notYet(path: string, name: string): Problem {
  return {
    code: 'PAWL_FLOW_NOT_YET',
    severity: 'error',
    path,
    message: `"${name}" is not built yet. Pawl refuses it, since a promise that is silently ignored is worse than none.`,
    hint: 'take it out until a later version of Pawl keeps it',
  };
}
