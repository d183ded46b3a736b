/** A JSON value. Objects may have a null prototype; keys such as `__proto__` are plain data. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Whether a value is a JSON object (not an array, not null). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON text with object keys sorted by code unit at every depth: equal values give equal text.
 * Used for hashes and fingerprints, never for storage.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/**
 * The value of a JSON text from outside. A number beyond the largest double becomes that one, as jq has it: as an infinity
 * it would be written to the journal as null, and a run that is loaded again would decide otherwise than before.
 * Throws SyntaxError.
 */
export function parseJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  return mayOverflow.test(text) ? withoutInfinities(value) : value;
}

/** No other text holds a number of 1.8e308 or more; strings may look like one. A run of digits is looked at from its first one only. */
const mayOverflow = /[eE]\+?\d{2}|(?<!\d)\d{300}/;

/** Changes the value, which nobody else has yet. Without recursion: it may be nested deeply. */
function withoutInfinities(value: Json): Json {
  const root: { value: Json } = { value };
  const open: Record<string, Json>[] = [root];
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    for (const key of Object.keys(container)) {
      const member = container[key] as Json;
      if (typeof member === 'object' && member !== null) open.push(member as Record<string, Json>);
      else if (member === Infinity || member === -Infinity) container[key] = Math.sign(member) * Number.MAX_VALUE;
    }
  }
  return root.value;
}
