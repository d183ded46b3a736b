import type { Node } from '@pawl/jq';
import type { Access } from './access.ts';
import { mayBe, readAll, readField, readItem, readSlice, withoutNull } from './access.ts';
import { calculated } from './arithmetic.ts';
import { inferCall } from './calls.ts';
import type { Inferring } from './inferring.ts';
import { guarded, inferCondition, isPath, uncertain } from './inferring.ts';
import { bindPattern } from './patterns.ts';
import { afterUpdate } from './update.ts';
import type { Field, ObjectShape, Shape } from './shape.ts';
import {
  anyShape,
  arrayOf,
  booleanShape,
  isNever,
  joined,
  neverShape,
  nullShape,
  objectOf,
  stringShape,
} from './shape.ts';
import { shapeOfValue } from './value-shape.ts';
import { kindsOf } from './words.ts';

/** The shape of each value that a program gives for an input; `dot` is the shape of the input. */
export function infer(node: Node, dot: Shape, c: Inferring): Shape {
  switch (node.type) {
    case 'identity':
      return dot;
    case 'literal':
      return shapeOfValue(node.value, c.origin);
    case 'string':
      for (const part of node.parts) if (typeof part !== 'string') infer(part, dot, uncertain(c));
      return stringShape;
    case 'format':
      return stringShape;
    case 'variable':
      return c.variables.get(node.name) ?? anyShape;
    case 'index':
    case 'slice':
    case 'iterate':
      return inferPart(node, dot, c);
    case 'array':
      return arrayOf(node.body === undefined ? neverShape : infer(node.body, dot, c));
    case 'object':
      return inferObject(node, dot, c);
    case 'pipe':
      return inferPipe(node.parts, dot, c);
    case 'comma':
      return joined(...node.parts.map((part) => infer(part, dot, uncertain(c))));
    case 'binary':
      return inferBinary(node, dot, c);
    case 'negate':
      infer(node.operand, dot, c);
      return shapeOfValue(0, c.origin);
    case 'update':
      return afterUpdate(node, dot, infer(node.value, node.operator === '=' ? dot : anyShape, c), c.origin);
    case 'if':
      return inferIf(node, dot, c);
    case 'try': {
      const tried = infer(node.body, dot, guarded(c));
      return node.handler === undefined ? tried : joined(tried, infer(node.handler, anyShape, uncertain(c)));
    }
    case 'bind': {
      const variables = bindPattern(node.patterns, infer(node.source, dot, c), c.variables);
      return infer(node.body, dot, { ...c, variables, certain: c.certain && givesOne(node.source) });
    }
    case 'reduce':
    case 'foreach':
      return inferFold(node, dot, c);
    case 'define':
      return infer(node.body, dot, { ...c, defined: new Set([...c.defined, node.definition.name]) });
    case 'call':
      return inferCall(node, dot, c);
    case 'label':
      return infer(node.body, dot, c);
    case 'break':
      return neverShape;
    case 'recurse':
      return anyShape;
  }
}

type Of<T extends Node['type']> = Extract<Node, { readonly type: T }>;

function inferPart(node: Of<'index' | 'slice' | 'iterate'>, dot: Shape, given: Inferring): Shape {
  const asked = node.optional ? guarded(given) : given;
  // Keys come first: where one of them gives nothing, nothing else is looked at.
  const here = keysOf(node).every(givesOne) ? asked : uncertain(asked);
  const target = infer(node.target, dot, here);
  const c = givesOne(node.target) ? here : uncertain(here);
  if (node.type === 'iterate')
    return accessed(readAll(target), node.at, () => `${kindsOf(target)} cannot be taken apart with []`, c);
  if (node.type === 'slice') {
    for (const bound of keysOf(node)) infer(bound, dot, c);
    return accessed(readSlice(target), node.at, () => `${kindsOf(target)} has no slices`, c);
  }
  const { key } = node;
  if (key.type === 'literal' && typeof key.value === 'string') {
    const access = readField(target, key.value);
    if (access.without.length > 0) {
      if (c.guarded) c.tell.asked(key.value, access.without);
      else c.tell.unknownField(node.at, key.value, access.without);
      // What is missing is told of once, not again with all that is read from it.
      if (!c.guarded) return anyShape;
    }
    return accessed(access, node.at, () => `${kindsOf(target)} has no member ${JSON.stringify(key.value)}`, c);
  }
  if (key.type === 'literal' && typeof key.value === 'number')
    return accessed(readItem(target), node.at, () => `${kindsOf(target)} has no numbered items`, c);
  infer(key, dot, c);
  return anyShape;
}

function keysOf(node: Of<'index' | 'slice' | 'iterate'>): readonly Node[] {
  if (node.type === 'iterate') return [];
  return node.type === 'index' ? [node.key] : [node.from, node.to].filter((bound) => bound !== undefined);
}

function accessed(access: Access, at: number, why: () => string, c: Inferring): Shape {
  if (!access.fails) return access.shape;
  if (!c.guarded && c.certain) c.tell.fails(at, why());
  return c.guarded ? neverShape : anyShape;
}

function inferObject(node: Of<'object'>, dot: Shape, given: Inferring): Shape {
  const c = givesOne(node) ? given : uncertain(given);
  const fields = new Map<string, Field>();
  let others: ObjectShape['others'] = 'none';
  for (const { key, value } of node.entries) {
    const shape = infer(value, dot, c);
    if (key.type === 'literal' && typeof key.value === 'string')
      fields.set(key.value, { shape: isNever(shape) ? anyShape : shape, optional: false });
    else {
      infer(key, dot, c);
      others = 'some';
    }
  }
  if (others === 'some') for (const [name] of fields) fields.set(name, { shape: anyShape, optional: false });
  return objectOf(fields, others, c.origin);
}

/** Whether a program begins with asking what its input is. */
function isQuestion(node: Node | undefined): boolean {
  if (node?.type === 'binary') return isQuestion(node.left);
  return node?.type === 'call' && node.args.length === 0 && questions.includes(node.name);
}

/** Functions that are asked of a path to find out whether there is something. */
const questions = ['not', 'type', 'length', 'values', 'nulls', 'arrays', 'objects', 'strings', 'numbers', 'booleans'];

function inferPipe(parts: readonly Node[], dot: Shape, c: Inferring): Shape {
  let shape = dot;
  let here = c;
  for (const [index, part] of parts.entries()) {
    shape = infer(part, shape, isPath(part) && isQuestion(parts[index + 1]) ? guarded(here) : here);
    if (!givesOne(part)) here = uncertain(here);
  }
  return shape;
}

function inferBinary(node: Of<'binary'>, dot: Shape, given: Inferring): Shape {
  const { operator, left, right } = node;
  const c = givesOne(left) && givesOne(right) ? given : uncertain(given);
  switch (operator) {
    case '//': {
      const first = infer(left, dot, guarded(c));
      return joined(withoutNull(first), infer(right, dot, uncertain(c)));
    }
    case 'and':
    case 'or':
      inferCondition(node, dot, c);
      return booleanShape;
    case '==':
    case '!=':
      infer(left, dot, isNull(right) ? guarded(c) : c);
      infer(right, dot, isNull(left) ? guarded(c) : c);
      return booleanShape;
    case '<':
    case '<=':
    case '>':
    case '>=':
      infer(left, dot, c);
      infer(right, dot, c);
      return booleanShape;
    default: {
      const [a, b] = [infer(left, dot, c), infer(right, dot, c)];
      const { shape, fails } = calculated(operator, a, b, c.origin);
      const why = (): string => `${operator} does not take ${kindsOf(a)} and ${kindsOf(b)}`;
      return accessed({ ...mayBe(shape), fails }, node.at, why, c);
    }
  }
}

function isNull(node: Node): boolean {
  return node.type === 'literal' && node.value === null;
}

function inferIf(node: Of<'if'>, dot: Shape, c: Inferring): Shape {
  const shapes: Shape[] = [];
  for (const { condition, then } of node.branches) {
    inferCondition(condition, dot, c);
    shapes.push(infer(then, dot, uncertain(c)));
  }
  return joined(...shapes, node.otherwise === undefined ? dot : infer(node.otherwise, dot, uncertain(c)));
}

/** The running value of a fold is not followed; what its items have is known. */
function inferFold(node: Of<'reduce' | 'foreach'>, dot: Shape, given: Inferring): Shape {
  const c = uncertain(given);
  const inside = { ...c, variables: bindPattern(node.patterns, infer(node.source, dot, c), c.variables) };
  infer(node.init, dot, c);
  infer(node.update, anyShape, inside);
  if (node.type === 'foreach' && node.extract !== undefined) infer(node.extract, anyShape, inside);
  return anyShape;
}

/** The shape of the one value that a program gives: null stands for none. */
export function inferOne(node: Node, dot: Shape, c: Inferring): Shape {
  const shape = infer(node, dot, c);
  return givesOne(node) ? shape : joined(shape, nullShape);
}

/** Whether a program gives a value for certain, where it does not fail. */
function givesOne(node: Node): boolean {
  switch (node.type) {
    case 'identity':
    case 'literal':
    case 'variable':
    case 'array':
    case 'format':
      return true;
    case 'string':
      return node.parts.every((part) => typeof part === 'string' || givesOne(part));
    case 'index':
      return !node.optional && givesOne(node.target) && givesOne(node.key);
    case 'object':
      return node.entries.every(({ key, value }) => givesOne(key) && givesOne(value));
    case 'pipe':
      return node.parts.every(givesOne);
    case 'binary':
      return givesOne(node.left) && givesOne(node.right);
    case 'negate':
      return givesOne(node.operand);
    case 'if':
      return (
        node.branches.every(({ condition, then }) => givesOne(condition) && givesOne(then)) &&
        (node.otherwise === undefined || givesOne(node.otherwise))
      );
    case 'bind':
      return givesOne(node.source) && givesOne(node.body);
    case 'call':
      return (
        node.args.length === 0 && ['length', 'keys', 'type', 'tostring', 'tojson', 'add', 'not'].includes(node.name)
      );
    default:
      return false;
  }
}
