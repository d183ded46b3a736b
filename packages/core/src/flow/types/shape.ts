import { typeLimits } from './limits.ts';

/** What is known of a value before a flow runs. */
export type Shape = AnyShape | ScalarShape | ArrayShape | ObjectShape | EitherShape;

/** Nothing is known. */
export type AnyShape = { readonly kind: 'any' } & Measured;

/** A value of a simple type, whichever it is. */
export type ScalarShape = { readonly kind: 'null' | 'boolean' | 'number' | 'string' } & Measured;

/** An array whose items all have one shape. */
export type ArrayShape = { readonly kind: 'array'; readonly item: Shape } & Measured;

/** An object whose members are known. */
export type ObjectShape = {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Field>;
  /**
   * Members beside those known: `none`, for certain; `unsaid`, when a schema lists members and does not forbid others;
   * `some`, when there may well be others.
   */
  readonly others: 'none' | 'unsaid' | 'some';
  /** What gives the object, for people: ``the step `order` ``. */
  readonly origin: string;
} & Measured;

/** One of several shapes; of none, it is the shape of what never comes about. */
export type EitherShape = { readonly kind: 'either'; readonly of: readonly SingleShape[] } & Measured;

/** A shape that is no choice. */
export type SingleShape = ScalarShape | ArrayShape | ObjectShape;

/** A member of an object. */
export interface Field {
  readonly shape: Shape;
  /** Whether it may be missing. */
  readonly optional: boolean;
}

interface Measured {
  /** Parts of the shape, each counted as often as it is met. */
  readonly size: number;
  /** Levels of nesting. */
  readonly depth: number;
}

const leaf = { size: 1, depth: 1 } as const;

export const anyShape: Shape = { kind: 'any', ...leaf };
export const neverShape: Shape = { kind: 'either', of: [], ...leaf };
export const nullShape: SingleShape = { kind: 'null', ...leaf };
export const booleanShape: SingleShape = { kind: 'boolean', ...leaf };
export const numberShape: SingleShape = { kind: 'number', ...leaf };
export const stringShape: SingleShape = { kind: 'string', ...leaf };

/** An array of items of a shape. */
export function arrayOf(item: Shape): Shape {
  return bounded({ kind: 'array', item, size: item.size + 1, depth: item.depth + 1 });
}

/** An object with members. */
export function objectOf(
  fields: ReadonlyMap<string, Field>,
  others: ObjectShape['others'],
  origin: string,
): ObjectShape | AnyShape {
  let size = 1;
  let depth = 0;
  for (const { shape } of fields.values()) {
    size += shape.size;
    depth = Math.max(depth, shape.depth);
  }
  return bounded({ kind: 'object', fields, others, origin, size, depth: depth + 1 });
}

/** An object that has exactly these members. */
export function exactObject(members: Readonly<Record<string, Shape>>, origin: string): Shape {
  return objectOf(
    new Map(Object.entries(members).map(([name, shape]) => [name, { shape, optional: false }])),
    'none',
    origin,
  );
}

/** An object of which nothing more is known. */
export function someObject(origin: string): Shape {
  return objectOf(new Map(), 'some', origin);
}

/** The shapes that a shape may be; undefined for one of which nothing is known. */
export function alternatives(shape: Shape): readonly SingleShape[] | undefined {
  if (shape.kind === 'any') return undefined;
  return shape.kind === 'either' ? shape.of : [shape];
}

/** Whether nothing can have this shape. */
export function isNever(shape: Shape): boolean {
  return shape.kind === 'either' && shape.of.length === 0;
}

/** The shape of what has one of the shapes. */
export function joined(...shapes: readonly Shape[]): Shape {
  const of: SingleShape[] = [];
  for (const shape of shapes) {
    const members = alternatives(shape);
    if (members === undefined) return anyShape;
    for (const member of members) addTo(of, member);
    if (of.length > typeLimits.alternatives) return anyShape;
  }
  return eitherOf(of);
}

/** Whether two shapes say the same. What gives an object does not count. */
export function same(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.size !== b.size || a.depth !== b.depth) return false;
  if (a.kind === 'array' && b.kind === 'array') return same(a.item, b.item);
  if (a.kind === 'object' && b.kind === 'object') return a.others === b.others && sameFields(a.fields, b.fields);
  if (a.kind === 'either' && b.kind === 'either')
    return a.of.length === b.of.length && a.of.every((one) => b.of.some((other) => same(one, other)));
  return true;
}

function eitherOf(of: readonly SingleShape[]): Shape {
  const [only] = of;
  if (of.length === 1 && only !== undefined) return only;
  if (of.length === 0) return neverShape;
  const size = of.reduce((sum, one) => sum + one.size, 0);
  return bounded({ kind: 'either', of, size, depth: Math.max(...of.map(({ depth }) => depth)) });
}

function addTo(of: SingleShape[], added: SingleShape): void {
  for (const [index, one] of of.entries()) {
    if (same(one, added)) return;
    if (one.kind !== 'array' || added.kind !== 'array') continue;
    const array = arrayOf(joined(one.item, added.item));
    if (array.kind === 'array') of[index] = array;
    return;
  }
  of.push(added);
}

function sameFields(a: ReadonlyMap<string, Field>, b: ReadonlyMap<string, Field>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { shape, optional }] of a) {
    const other = b.get(name);
    if (other === undefined || other.optional !== optional || !same(shape, other.shape)) return false;
  }
  return true;
}

function bounded<S extends Shape>(shape: S): S | AnyShape {
  const isTooMuch = shape.size > typeLimits.size || shape.depth > typeLimits.depth;
  return isTooMuch ? { kind: 'any', ...leaf } : shape;
}
