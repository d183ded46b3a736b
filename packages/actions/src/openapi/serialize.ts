import { isObject, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';

/** How the value of a parameter is written. */
export interface Style {
  readonly name: 'simple' | 'label' | 'matrix' | 'form' | 'deepObject' | 'json';
  /** Items and members are written one by one. */
  readonly explode: boolean;
  /** Between items that are not. */
  readonly separator: string;
  /** Characters that mean something in a URL stay as they are. */
  readonly reserved: boolean;
}

/** The value of a path parameter, ready to stand in a path. */
export function pathValue(name: string, value: Json, style: Style): string {
  const encode = encoderOf(style);
  if (style.name === 'label') return `.${joined(value, style, encode, style.explode ? '.' : ',')}`;
  if (style.name === 'matrix') return matrix(name, value, style, encode);
  return joined(value, style, encode, style.separator);
}

/** The value of a header or cookie, not encoded: headers have no such thing. */
export function headerValue(value: Json, style: Style): string {
  return joined(value, style, (text) => text, style.separator);
}

/** `name=value` pairs of a query, a form or the cookies, not encoded. */
export function pairsOf(name: string, value: Json, style: Style): readonly (readonly [string, string])[] {
  if (style.name === 'json') return [[name, JSON.stringify(value)]];
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => plain(name, item));
    if (style.explode) return items.map((item) => [name, item] as const);
    return items.length === 0 ? [] : [[name, items.join(style.separator)]];
  }
  if (!isObject(value)) return [[name, plain(name, value)]];
  if (style.name === 'deepObject') return deepPairs(name, value);
  const members = Object.entries(value);
  if (style.explode) return members.map(([key, member]) => [key, plain(name, member)] as const);
  return members.length === 0
    ? []
    : [[name, members.map(([key, member]) => `${key}${style.separator}${plain(name, member)}`).join(style.separator)]];
}

/** Percent-encodes for a URL, as the style says. */
export function encoderOf(style: Pick<Style, 'reserved'>): (text: string) => string {
  return (text) => {
    const whole = text.toWellFormed();
    return style.reserved ? encodeURI(whole).replaceAll('#', '%23') : encodeURIComponent(whole);
  };
}

/** Objects within each other as `name[member][member]`, lists as repeated pairs: what nearly all servers read. */
function deepPairs(name: string, value: JsonObject): readonly (readonly [string, string])[] {
  return Object.entries(value).flatMap(([key, member]) => {
    const at = `${name}[${key}]`;
    if (isObject(member)) return deepPairs(at, member);
    if (Array.isArray(member)) return (member as readonly Json[]).map((item) => [at, plain(at, item)] as const);
    return [[at, plain(at, member)] as const];
  });
}

function joined(value: Json, style: Style, encode: (text: string) => string, separator: string): string {
  if (style.name === 'json') return encode(JSON.stringify(value));
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => encode(plain('it', item))).join(separator);
  if (!isObject(value)) return encode(plain('it', value));
  const between = style.explode ? '=' : separator;
  return Object.entries(value)
    .map(([key, member]) => `${encode(key)}${between}${encode(plain(key, member))}`)
    .join(separator);
}

function matrix(name: string, value: Json, style: Style, encode: (text: string) => string): string {
  if (!style.explode || typeof value !== 'object' || value === null)
    return `;${encode(name)}=${joined(value, style, encode, ',')}`;
  return pairsOf(name, value, { ...style, name: 'form' })
    .map(([key, text]) => `;${encode(key)}=${encode(text)}`)
    .join('');
}

function plain(name: string, value: Json): string {
  if (typeof value === 'object' && value !== null)
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The parameter ${name} holds a list or an object where only a plain value can be written.`,
    );
  return value === null ? '' : String(value);
}
