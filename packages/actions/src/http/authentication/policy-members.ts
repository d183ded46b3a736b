import { isObject, PawlError } from '@pawl/core';
import type { JsonObject } from '@pawl/core';

/** A member that must be a text with something in it. `where` is the path of the policy, for the error. */
export function textOf(policy: JsonObject, where: string, name: string): string {
  const text = optionalText(policy, where, name);
  if (text !== undefined) return text;
  throw invalidPolicy(`The authentication ${where} needs a text as its ${name}.`);
}

/** A member that may be missing; an empty text is a text. */
export function optionalText(policy: JsonObject, where: string, name: string): string | undefined {
  const value = policy[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidPolicy(`The authentication ${where} needs a text as its ${name}.`);
}

/** A list of texts; none where it is missing. */
export function textsOf(policy: JsonObject, where: string, name: string): readonly string[] {
  const value = policy[name] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw invalidPolicy(`The authentication ${where} needs a list of texts as its ${name}.`);
}

/** An object; an empty one where it is missing. */
export function memberOf(policy: JsonObject, where: string, name: string): JsonObject {
  const value = policy[name] ?? {};
  if (isObject(value)) return value;
  throw invalidPolicy(`The authentication ${where} needs an object as its ${name}.`);
}

/** One of the words that the language has for a member. */
export function wordOf<Word extends string>(
  policy: JsonObject,
  where: string,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = policy[name];
  const known = words.find((word) => word === value);
  if (known !== undefined || value === undefined) return known;
  throw invalidPolicy(`The ${name} of the authentication ${where} must be one of ${words.join(', ')}.`);
}

/** The error of a policy that cannot be used. */
export function invalidPolicy(message: string): PawlError {
  return new PawlError('PAWL_ACTION_INPUT', message);
}
