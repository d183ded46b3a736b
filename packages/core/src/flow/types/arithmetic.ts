import type { Node } from '@pawl/jq';
import type { Field, ObjectShape, Shape, SingleShape } from './shape.ts';
import { alternatives, anyShape, arrayOf, joined, nullShape, numberShape, objectOf, stringShape } from './shape.ts';

type BinaryOperator = Extract<Node, { readonly type: 'binary' }>['operator'];

/** What an operator gives, and whether it fails for all values of these shapes. */
export function calculated(
  operator: BinaryOperator,
  left: Shape,
  right: Shape,
  origin: string,
): { readonly shape: Shape; readonly fails: boolean } {
  const [ones, others] = [alternatives(left), alternatives(right)];
  if (ones === undefined || others === undefined) return { shape: anyShape, fails: false };
  const shapes: Shape[] = [];
  for (const a of ones)
    for (const b of others) {
      const shape = result(operator, a, b, origin);
      if (shape !== undefined) shapes.push(shape);
    }
  return { shape: joined(...shapes), fails: ones.length > 0 && others.length > 0 && shapes.length === 0 };
}

/** Undefined: it fails. */
function result(operator: BinaryOperator, a: SingleShape, b: SingleShape, origin: string): Shape | undefined {
  const kinds = `${a.kind} ${b.kind}`;
  switch (operator) {
    case '+':
      return sum(a, b, origin);
    case '-':
      return kinds === 'number number' ? numberShape : kinds === 'array array' ? a : undefined;
    case '*':
      if (kinds === 'number number') return numberShape;
      if (kinds === 'string number' || kinds === 'number string') return joined(stringShape, nullShape);
      return kinds === 'object object' ? anyShape : undefined;
    case '/':
      if (kinds === 'number number') return numberShape;
      return kinds === 'string string' ? arrayOf(stringShape) : undefined;
    case '%':
      return kinds === 'number number' ? numberShape : undefined;
    default:
      return anyShape;
  }
}

function sum(a: SingleShape, b: SingleShape, origin: string): Shape | undefined {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'object' && b.kind === 'object') return merged(a, b, origin);
  if (a.kind === 'array' && b.kind === 'array') return arrayOf(joined(a.item, b.item));
  return a.kind === b.kind && a.kind !== 'boolean' ? a : undefined;
}

/** Two objects laid over each other. */
function merged(a: ObjectShape, b: ObjectShape, origin: string): Shape {
  const fields = new Map<string, Field>(a.fields);
  if (b.others !== 'none') for (const [name, { optional }] of fields) fields.set(name, { shape: anyShape, optional });
  for (const [name, field] of b.fields) {
    const below = a.fields.get(name);
    if (!field.optional) fields.set(name, field);
    else if (below !== undefined)
      fields.set(name, { shape: joined(below.shape, field.shape), optional: below.optional });
    else fields.set(name, { shape: a.others === 'none' ? field.shape : anyShape, optional: true });
  }
  const kinds = [a.others, b.others];
  const others = kinds.includes('some') ? 'some' : kinds.includes('unsaid') ? 'unsaid' : 'none';
  return objectOf(fields, others, a.fields.size === 0 && b.fields.size > 0 ? b.origin : origin);
}
