import type { Json } from '../json.ts';

/** One thing that is wrong with the data (or, from `compileSchema`, with the schema itself). */
export interface SchemaProblem {
  /** JSON pointer into the data; for a problem of the schema, into the schema. Names what is missing too. */
  readonly path: string;
  /** JSON pointer to the keyword, in the schema document; after `id#` where it is in one of `definitions`. */
  readonly schemaPath: string;
  /** The keyword that refused, `limit` where a bound of the validator was met, `false` for a `false` schema. */
  readonly keyword: string;
  /** What is wrong, as the end of a sentence that begins with the value's name. */
  readonly message: string;
  /** What to do about it, where that can be guessed. */
  readonly hint?: string;
}

/** Where a value stands in the data: a linked list, made only while problems are reported. */
export interface Place {
  readonly parent: Place | null;
  readonly key: string | number;
  readonly depth: number;
}

/** A problem while it is collected: what the choice between branches needs is still known. */
export interface Finding {
  readonly place: Place;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly message: string;
  readonly hint?: string;
  /** What kind of misfit this is, when it can tell that the value is not meant for a branch at all. */
  readonly misfit?: 'type' | 'value' | 'missing' | undefined;
  /** Type names, rendered values or property names that would have fitted. */
  readonly expected?: readonly string[];
}

/** The place of the whole value. */
export const rootPlace: Place = { parent: null, key: '', depth: 0 };

/** The place of a member, or null when nothing is reported. */
export function below(place: Place | null, key: string | number): Place | null {
  return place === null ? null : { parent: place, key, depth: place.depth + 1 };
}

/** The finished form of a finding. */
export function toProblem(finding: Finding): SchemaProblem {
  const { schemaPath, keyword, message, hint } = finding;
  const problem = { path: placePointer(finding.place), schemaPath, keyword, message };
  return hint === undefined ? problem : { ...problem, hint };
}

/** A key as a segment of a JSON pointer. */
export function pointerSegment(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function placePointer(place: Place): string {
  const segments: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) segments.push(pointerSegment(at.key));
  return segments.reverse().join('');
}

const TYPE_PHRASES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** A JSON Schema type in plain words with its article, such as `a whole number`. */
export function typePhrase(type: string): string {
  return TYPE_PHRASES[type] ?? type;
}

/** The type of a value in plain words, such as `a list`. */
export function valuePhrase(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean' ? `${value}` : typePhrase(typeof value);
}

const MAX_RENDERED_CHARACTERS = 60;
const MAX_LISTED = 12;

/** A value as short JSON text for a message; what is long is cut. */
export function renderValue(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'that list';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : 'that object';
  const text =
    typeof value === 'string' && value.length > MAX_RENDERED_CHARACTERS
      ? `${value.slice(0, MAX_RENDERED_CHARACTERS)}…`
      : value;
  return JSON.stringify(text);
}

/** `a, b or c`: a list in words, cut when it is long. */
export function listWords(items: readonly string[], conjunction: 'or' | 'and'): string {
  if (items.length > MAX_LISTED) return `${items.slice(0, MAX_LISTED).join(', ')}, …`;
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${conjunction} ${items.at(-1)}`;
}

/** `1 item`, `2 items`. */
export function countOf(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `did you mean "endpoint"?` when a known name is near, otherwise the known names. Undefined when there are none. */
export function nameHint(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = known.filter((candidate) => isNear(name, candidate))[0];
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`;
  return `known here: ${listWords(
    known.map((each) => JSON.stringify(each)),
    'and',
  )}`;
}

const MAX_COMPARED_CHARACTERS = 64;

/** Whether two names differ by no more than a slip of the keyboard: case, or a third of their letters. */
function isNear(name: string, other: string): boolean {
  if (name.length > MAX_COMPARED_CHARACTERS || other.length > MAX_COMPARED_CHARACTERS) return false;
  if (name.toLowerCase() === other.toLowerCase()) return true;
  return editDistance(name, other) <= Math.min(2, Math.floor(Math.max(name.length, other.length) / 3));
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
