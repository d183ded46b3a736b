import type { Json } from '../../json.ts';
import type { Check } from '../check.ts';
import { isMultipleOf } from '../decimal.ts';
import { equalJson } from '../equal.ts';
import { findFormat } from '../formats.ts';
import { countOf, listWords, renderValue, typePhrase, valuePhrase } from '../problems.ts';
import { own } from '../refs.ts';
import { countKeyword, numberKeyword, stringKeyword } from './context.ts';
import type { KeywordContext, KeywordFamily } from './context.ts';

/** `type`, `const` and `enum`. */
export const anyValueKeywords: KeywordFamily = (context) => [
  ...typeCheck(context),
  ...constCheck(context),
  ...enumCheck(context),
];

/** `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` and `multipleOf`. */
export const numberKeywords: KeywordFamily = (context) => [
  ...numberCheck(
    context,
    'minimum',
    (value, bound) => value >= bound,
    (bound) => `must be at least ${bound}`,
  ),
  ...numberCheck(
    context,
    'maximum',
    (value, bound) => value <= bound,
    (bound) => `must be at most ${bound}`,
  ),
  ...numberCheck(
    context,
    'exclusiveMinimum',
    (value, bound) => value > bound,
    (bound) => `must be more than ${bound}`,
  ),
  ...numberCheck(
    context,
    'exclusiveMaximum',
    (value, bound) => value < bound,
    (bound) => `must be less than ${bound}`,
  ),
  ...multipleOfCheck(context),
];

/** `minLength`, `maxLength`, `pattern` and `format`. */
export const stringKeywords: KeywordFamily = (context) => [
  ...lengthCheck(context, 'minLength', isAtLeast, 'at least'),
  ...lengthCheck(context, 'maxLength', isAtMost, 'at most'),
  ...patternCheck(context),
  ...formatCheck(context),
];

const TYPE_TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
  null: (value) => value === null,
};

function typeCheck(context: KeywordContext): Check[] {
  const value = own(context.schema, 'type');
  if (value === undefined) return [];
  const types = (Array.isArray(value) ? value : [value]) as readonly Json[];
  const tests = types.map((type) =>
    typeof type === 'string' && Object.hasOwn(TYPE_TESTS, type) ? TYPE_TESTS[type] : undefined,
  );
  if (tests.length === 0 || tests.includes(undefined)) {
    context.complain(
      'type',
      `must be one of ${listWords(Object.keys(TYPE_TESTS), 'or')}, but is ${renderValue(value)}`,
    );
    return [];
  }
  const [first, second] = tests as ((value: Json) => boolean)[];
  const test =
    tests.length > 2 ? (v: Json) => tests.some((each) => each?.(v)) : (v: Json) => first?.(v) || second?.(v) || false;
  const only = tests.length === 1 && first !== undefined ? first : test;
  const schemaPath = context.pathOf('type');
  const expected = types as readonly string[];
  const phrase = `must be ${listWords(expected.map(typePhrase), 'or')}`;
  return [
    (v, run, place) =>
      only(v) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'type',
        message: `${phrase}, but is ${describe(v, expected)}`,
        misfit: 'type',
        expected,
      })),
  ];
}

/** A number that is refused where a whole number is wanted is shown itself: "but is a number" would not help. */
function describe(value: Json, expected: readonly string[]): string {
  return typeof value === 'number' && expected.includes('integer') ? String(value) : valuePhrase(value);
}

function constCheck(context: KeywordContext): Check[] {
  const wanted = own(context.schema, 'const');
  if (wanted === undefined) return [];
  const schemaPath = context.pathOf('const');
  const expected = [renderValue(wanted)];
  return [
    (value, run, place) =>
      equalJson(wanted, value) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'const',
        message: `must be ${expected[0]}`,
        misfit: 'value',
        expected,
      })),
  ];
}

function enumCheck(context: KeywordContext): Check[] {
  const wanted = own(context.schema, 'enum');
  if (wanted === undefined) return [];
  if (!Array.isArray(wanted)) {
    context.complain('enum', 'must be a list of the values that are allowed');
    return [];
  }
  const values = wanted as readonly Json[];
  const scalars = new Set<Json>(values);
  const composites = values.filter((value) => typeof value === 'object' && value !== null);
  const schemaPath = context.pathOf('enum');
  const expected = values.map(renderValue);
  return [
    (value, run, place) =>
      scalars.has(value) ||
      composites.some((each) => equalJson(each, value)) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'enum',
        message: `is not one of ${listWords(expected, 'or')}`,
        misfit: 'value',
        expected,
      })),
  ];
}

function numberCheck(
  context: KeywordContext,
  keyword: string,
  holds: (value: number, bound: number) => boolean,
  phrase: (bound: number) => string,
): Check[] {
  const bound = numberKeyword(context, keyword);
  if (bound === undefined) return [];
  const schemaPath = context.pathOf(keyword);
  return [
    (value, run, place) =>
      typeof value !== 'number' ||
      holds(value, bound) ||
      run.fail(place, () => ({ schemaPath, keyword, message: `${phrase(bound)}, but is ${value}` })),
  ];
}

function multipleOfCheck(context: KeywordContext): Check[] {
  const divisor = numberKeyword(context, 'multipleOf');
  if (divisor === undefined) return [];
  if (divisor <= 0) {
    context.complain('multipleOf', 'must be more than 0');
    return [];
  }
  const schemaPath = context.pathOf('multipleOf');
  return [
    (value, run, place) =>
      typeof value !== 'number' ||
      isMultipleOf(value, divisor) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'multipleOf',
        message: `must be a multiple of ${divisor}, but is ${value}`,
      })),
  ];
}

function lengthCheck(
  context: KeywordContext,
  keyword: string,
  holds: (text: string, bound: number) => boolean,
  phrase: string,
): Check[] {
  const bound = countKeyword(context, keyword);
  if (bound === undefined) return [];
  const schemaPath = context.pathOf(keyword);
  return [
    (value, run, place) =>
      typeof value !== 'string' ||
      holds(value, bound) ||
      run.fail(place, () => ({ schemaPath, keyword, message: lengthMessage(value, phrase, bound) })),
  ];
}

function lengthMessage(value: string, phrase: string, bound: number): string {
  if (value === '' && bound === 1) return 'must not be empty';
  return `must have ${phrase} ${countOf(bound, 'character')}, but has ${codePoints(value)}`;
}

// A text has at most as many code points as code units and at least half as many, so most need no counting.
function isAtLeast(text: string, bound: number): boolean {
  if (text.length < bound) return false;
  return text.length >= bound * 2 || codePoints(text) >= bound;
}

function isAtMost(text: string, bound: number): boolean {
  if (text.length <= bound) return true;
  return text.length <= bound * 2 && codePoints(text) <= bound;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count--;
      index++;
    }
  }
  return count;
}

function patternCheck(context: KeywordContext): Check[] {
  const source = stringKeyword(context, 'pattern');
  const matches = source === undefined ? null : context.pattern('pattern', source);
  if (matches === null) return [];
  const schemaPath = context.pathOf('pattern');
  // A pattern is hard to read; whoever wrote the schema often said in words what it stands for.
  const words = own(context.schema, 'description') ?? own(context.schema, 'title');
  const hint = typeof words === 'string' ? { hint: words } : {};
  return [
    (value, run, place) =>
      typeof value !== 'string' ||
      matches(value) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'pattern',
        message: `does not match the pattern ${source}`,
        ...hint,
      })),
  ];
}

function formatCheck(context: KeywordContext): Check[] {
  const name = stringKeyword(context, 'format');
  const format = name === undefined || !context.assertFormats ? undefined : findFormat(name);
  if (format === undefined) return [];
  const { formatCharacters } = context.limits;
  const schemaPath = context.pathOf('format');
  return [
    (value, run, place) =>
      typeof value !== 'string' ||
      (value.length <= formatCharacters && format.holds(value)) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'format',
        message: `is not ${format.phrase}`,
        hint: `for example ${format.example}`,
      })),
  ];
}
