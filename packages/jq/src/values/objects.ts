import type { Context } from '../compile/context.ts';
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
export function sortedKeys(object: JsonObject, ctx: Context): string[] {
  return Object.keys(object).sort((a, b) => {
    ctx.spend(1 / 4);
    return compareText(a, b, ctx);
  });
}

/** Compares two texts by code point, as jq does; the units of JavaScript strings order differently above U+FFFF. */
export function compareText(a: string, b: string, ctx: Context): number {
  if (isSameText(a, b, ctx)) return 0;
  const length = Math.min(a.length, b.length);
  ctx.spendJoined(Math.max(a.length, b.length));
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      spendCommon(i, ctx);
      return orderOf(x) - orderOf(y);
    }
  }
  spendCommon(length, ctx);
  return a.length - b.length;
}

/** How much slower a long text is compared unit by unit than the host reads it in bulk. */
const UNIT_BY_UNIT = 4;
/** Units compared at the bulk price, so that keys and names of usual lengths sort cheaply. */
const CHEAP_UNITS = 64;

/** Charges the comparison of what two texts have in common. */
function spendCommon(length: number, ctx: Context): void {
  ctx.spendText(Math.max(length, (length - CHEAP_UNITS) * UNIT_BY_UNIT));
}

/** True when two texts are equal; those of different lengths are told apart unread. */
export function isSameText(a: string, b: string, ctx: Context): boolean {
  if (a.length !== b.length) return false;
  ctx.spendText(a.length);
  return a === b;
}

/** Moves surrogates above the rest of the first plane, which is where their characters belong. */
function orderOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}
