import { type Filter, oneFilter, optFilter, type Paths } from '../compile/filter.ts';
import { compileArray } from '../compile/construct.ts';
import { conditional } from '../compile/control.ts';
import { compileIterate } from '../compile/access.ts';
import { identityFilter, pipe } from '../compile/sequence.ts';
import { Raised, raise } from '../errors.ts';
import { isObject, isTruthy, type Json, kindOf, type JsonKind } from '../json.ts';
import { describeKind, byteLength } from '../values/describe.ts';
import { fromJson } from '../values/from-json.ts';
import { parseNumber } from '../values/parse-json.ts';
import { toJson } from '../values/to-json.ts';
import { lengthOf } from '../values/length.ts';
import { type Builtin, type Builtins, fromInput, iterating, scalarFromInput } from './builtin.ts';
import { tostring } from './formats.ts';

const nothing: Filter = optFilter(
  () => undefined,
  0,
  () => false,
);

const fail: Filter = optFilter((input) => {
  throw new Raised(input);
}, 1);

/** `select` of the kinds of value that a test accepts; the selected value keeps its path. */
function selectKinds(accepts: (kind: JsonKind) => boolean): Builtin {
  const paths: Paths = (input, path, _env, emit) => accepts(kindOf(input)) && emit(input, path);
  const filter = optFilter((input) => (accepts(kindOf(input)) ? input : undefined), 1, paths);
  return () => filter;
}

function toNumber(input: Json): Json {
  if (typeof input === 'number') return input;
  if (typeof input === 'string') {
    const number = parseNumber(input);
    if (number !== undefined) return number;
  }
  return raise(`${describeKind(input)} cannot be parsed as a number`);
}

function toBoolean(input: Json): Json {
  if (typeof input === 'boolean') return input;
  if (input === 'true') return true;
  if (input === 'false') return false;
  return raise(`${describeKind(input)} cannot be parsed as a boolean`);
}

/** The basic builtins: types, conversions, selection, errors. */
export const core: Builtins = {
  'empty/0': () => nothing,
  'error/0': () => fail,
  'not/0': scalarFromInput((input) => !isTruthy(input)),
  'type/0': scalarFromInput((input) => kindOf(input)),
  'length/0': scalarFromInput((input, ctx) => {
    if (typeof input === 'string') ctx.spendCharacters(input.length);
    const length = lengthOf(input);
    // The host lists the keys of an object to count them.
    if (isObject(input)) ctx.spendMembers(length);
    return length;
  }),
  'utf8bytelength/0': scalarFromInput((input, ctx) => {
    if (typeof input !== 'string') return raise(`${describeKind(input)} only strings have UTF-8 byte length`);
    ctx.spendCharacters(input.length);
    return byteLength(input);
  }),
  'tostring/0': scalarFromInput((input, ctx) => tostring(input, ctx)),
  'tojson/0': scalarFromInput((input, ctx) => toJson(input, ctx)),
  'fromjson/0': fromInput((input, ctx) => fromJson(input, ctx)),
  'tonumber/0': fromInput((input, ctx) => {
    if (typeof input === 'string') ctx.spendText(input.length);
    const value = toNumber(input);
    return typeof value === 'number' ? ctx.number(value) : value;
  }),
  'toboolean/0': fromInput(toBoolean),
  'toarray/0': fromInput((input) => (Array.isArray(input) ? input : [input])),
  'select/1': ([condition]) => conditional(condition as Filter, identityFilter, nothing),
  'map/1': iterating(([f]) => map(f as Filter)),
  'arrays/0': selectKinds((kind) => kind === 'array'),
  'objects/0': selectKinds((kind) => kind === 'object'),
  'iterables/0': selectKinds((kind) => kind === 'array' || kind === 'object'),
  'booleans/0': selectKinds((kind) => kind === 'boolean'),
  'numbers/0': selectKinds((kind) => kind === 'number'),
  'strings/0': selectKinds((kind) => kind === 'string'),
  'nulls/0': selectKinds((kind) => kind === 'null'),
  'values/0': selectKinds((kind) => kind !== 'null'),
  'scalars/0': selectKinds((kind) => kind !== 'array' && kind !== 'object'),
  'debug/0': () => identityFilter,
  'stderr/0': () => identityFilter,
  'input_line_number/0': fromInput(() => 0),
  'have_decnum/0': fromInput(() => false),
  'have_literal_numbers/0': fromInput(() => true),
  'isempty/1': ([f]) => isEmpty(f as Filter),
};

const iterateInput = compileIterate(identityFilter, false);

/** `map(f)`: with a filter of one output, a plain loop. */
function map(f: Filter): Filter {
  const { opt } = f;
  const general = compileArray(pipe(iterateInput, f));
  const generalOne = general.one as NonNullable<Filter['one']>;
  if (opt === undefined) return general;
  return oneFilter((input, env) => {
    if (!Array.isArray(input)) return generalOne(input, env);
    const { ctx } = env;
    const result: Json[] = [];
    for (let i = 0; i < input.length; i++) {
      ctx.spend(1);
      const value = opt(input[i] as Json, env);
      if (value !== undefined) result.push(value);
    }
    return result;
  }, 2);
}

function isEmpty(f: Filter): Filter {
  return oneFilter((input, env) => {
    let found = false;
    f.gen(input, env, () => {
      found = true;
      return true;
    });
    return !found;
  }, f.weight + 2);
}
