import type { Node } from '@pawl/jq';
import { readAll, readField, readItem, withoutNull } from './access.ts';
import type { Inferring } from './inferring.ts';
import { inferCondition, uncertain } from './inferring.ts';
import type { Shape } from './shape.ts';
import {
  alternatives,
  anyShape,
  arrayOf,
  booleanShape,
  exactObject,
  joined,
  neverShape,
  nullShape,
  numberShape,
  someObject,
  stringShape,
} from './shape.ts';

type Call = Extract<Node, { readonly type: 'call' }>;

/** What a function gives. Of one that is not known here nothing is said, nor of its arguments. */
export function inferCall(node: Call, dot: Shape, given: Inferring): Shape {
  const c = uncertain(given);
  const { name, args } = node;
  if (c.defined.has(name)) return anyShape;
  const [first, second] = args;
  const fixed = results.get(`${name}/${args.length}`);
  if (fixed !== undefined) {
    for (const arg of args) if (valued.has(name)) c.infer(arg, dot, c);
    return fixed;
  }
  if (first === undefined) return plain(name, dot, c);
  switch (`${name}/${args.length}`) {
    case 'select/1':
      inferCondition(first, dot, c);
      return dot;
    case 'map/1':
      return arrayOf(c.infer(first, itemsOf(dot), c));
    case 'any/1':
    case 'all/1':
      inferCondition(first, itemsOf(dot), c);
      return booleanShape;
    case 'sort_by/1':
    case 'unique_by/1':
      c.infer(first, itemsOf(dot), c);
      return arrayOf(itemsOf(dot));
    case 'group_by/1':
      c.infer(first, itemsOf(dot), c);
      return arrayOf(arrayOf(itemsOf(dot)));
    case 'min_by/1':
    case 'max_by/1':
      c.infer(first, itemsOf(dot), c);
      return joined(itemsOf(dot), nullShape);
    case 'first/1':
    case 'last/1':
      return c.infer(first, dot, c);
    case 'limit/2':
      c.infer(first, dot, c);
      return second === undefined ? anyShape : c.infer(second, dot, c);
    case 'has/1':
      return has(first, dot, c);
    default:
      return anyShape;
  }
}

/** Functions without arguments that hang on their input. */
function plain(name: string, dot: Shape, c: Inferring): Shape {
  switch (name) {
    case 'keys':
    case 'keys_unsorted':
      return arrayOf(keyOf(dot));
    case 'to_entries':
      return arrayOf(exactObject({ key: keyOf(dot), value: readAll(dot).shape }, 'to_entries'));
    case 'from_entries':
      return someObject(c.origin);
    case 'first':
    case 'last':
      return readItem(dot).shape;
    case 'min':
    case 'max':
      return joined(itemsOf(dot), nullShape);
    case 'sort':
    case 'unique':
      return arrayOf(itemsOf(dot));
    case 'reverse':
      return onlyArrays(dot) ? dot : anyShape;
    case 'values':
      return withoutNull(dot);
    default:
      return anyShape;
  }
}

/** Whoever asks for a member knows that there may be none. */
function has(key: Node, dot: Shape, c: Inferring): Shape {
  if (key.type === 'literal' && typeof key.value === 'string') {
    const { without } = readField(dot, key.value);
    if (without.length > 0) c.tell.asked(key.value, without);
  } else c.infer(key, dot, c);
  return booleanShape;
}

function itemsOf(shape: Shape): Shape {
  return readAll(shape).shape;
}

function keyOf(shape: Shape): Shape {
  const members = alternatives(shape);
  if (members === undefined) return anyShape;
  return joined(
    ...members.map(({ kind }) => (kind === 'array' ? numberShape : kind === 'object' ? stringShape : neverShape)),
  );
}

function onlyArrays(shape: Shape): boolean {
  return alternatives(shape)?.every(({ kind }) => kind === 'array') ?? false;
}

/** Functions whose result is of one type, by name and number of arguments. */
const results: ReadonlyMap<string, Shape> = new Map([
  ...each(numberShape, 'length/0', 'utf8bytelength/0', 'tonumber/0', 'floor/0', 'ceil/0', 'round/0', 'now/0'),
  ...each(numberShape, 'range/1', 'range/2', 'range/3', 'fabs/0', 'sqrt/0'),
  ...each(booleanShape, 'not/0', 'any/0', 'all/0', 'test/1', 'test/2', 'startswith/1', 'endswith/1'),
  ...each(booleanShape, 'contains/1', 'inside/1', 'any/2', 'all/2', 'isempty/1', 'in/1'),
  ...each(stringShape, 'type/0', 'tostring/0', 'tojson/0', 'ascii_downcase/0', 'ascii_upcase/0', 'implode/0'),
  ...each(stringShape, 'join/1', 'sub/2', 'sub/3', 'gsub/2', 'gsub/3', 'todate/0', 'trim/0', 'ltrim/0', 'rtrim/0'),
  ...each(arrayOf(stringShape), 'split/1', 'split/2'),
  ...each(arrayOf(numberShape), 'explode/0'),
  ...each(neverShape, 'empty/0', 'error/0', 'error/1'),
]);

/** Of these the arguments are evaluated on the input of the call, to one value each. */
const valued: ReadonlySet<string> = new Set([
  ...['range', 'test', 'startswith', 'endswith', 'contains', 'inside', 'join', 'split', 'error'],
]);

function each(shape: Shape, ...names: readonly string[]): (readonly [string, Shape])[] {
  return names.map((name) => [name, shape]);
}
