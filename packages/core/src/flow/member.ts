import { isObject } from '../json.ts';
import type { Json } from '../json.ts';

/** A member of a value that may be no object, or not there. */
export function member(owner: Json | undefined, name: string): Json | undefined {
  return isObject(owner) && Object.hasOwn(owner, name) ? owner[name] : undefined;
}
