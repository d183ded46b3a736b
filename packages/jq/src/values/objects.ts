import type { Json, JsonObject } from '../json.ts';

/**
 * Own-property access. A key like `constructor` or `__proto__` is data like any other: it is read
 * only when the object itself has it, and written without ever reaching a setter.
 */

/** True for the names that plain objects inherit, which need care; all others can be read directly. */
export function isInherited(key: string): boolean {
  return key in Object.prototype;
}

/** The value of a key, or undefined when the object has none of its own. */
export function getOwn(object: JsonObject, key: string): Json | undefined {
  const value = object[key];
  return value === undefined || Object.hasOwn(object, key) ? value : undefined;
}

/** Sets a key of an object that no one else holds yet. */
export function setOwn(object: JsonObject, key: string, value: Json): void {
  if (isInherited(key)) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** Keys in jq's order: by code point. */
export function sortedKeys(object: JsonObject): string[] {
  return Object.keys(object).sort(compareText);
}

/** Compares two texts by code point, as jq does; the units of JavaScript strings order differently above U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return orderOf(x) - orderOf(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the first plane, which is where their characters belong. */
function orderOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}
