import type { ObjectShape, Shape, SingleShape } from './shape.ts';
import { alternatives, anyShape, joined, neverShape, nullShape } from './shape.ts';

/** What reading a part of a value gives. */
export interface Access {
  readonly shape: Shape;
  /** Objects of which one is read, and none of which has the member; none: the member may be there. */
  readonly without: readonly ObjectShape[];
  /** Whether it always fails, since no value that comes here has parts of this kind. */
  readonly fails: boolean;
}

/** Reads a member by its name. */
export function readField(of: Shape, name: string): Access {
  const members = alternatives(of);
  if (members === undefined) return mayBe(anyShape);
  const without: ObjectShape[] = [];
  const shapes: Shape[] = [];
  let found = false;
  for (const member of members) {
    if (member.kind === 'null') shapes.push(nullShape);
    if (member.kind !== 'object') continue;
    const field = member.fields.get(name);
    if (field !== undefined) shapes.push(field.optional ? joined(field.shape, nullShape) : field.shape);
    else if (member.others === 'some') shapes.push(anyShape);
    else {
      without.push(member);
      shapes.push(member.others === 'none' ? nullShape : anyShape);
      continue;
    }
    found = true;
  }
  return {
    shape: joined(...shapes),
    without: found ? [] : without,
    fails: members.length > 0 && shapes.length === 0,
  };
}

/** Reads an item by its number. */
export function readItem(of: Shape): Access {
  return parts(of, (member) => {
    if (member.kind === 'null') return nullShape;
    return member.kind === 'array' ? joined(member.item, nullShape) : undefined;
  });
}

/** Reads a part of an array or of a text. */
export function readSlice(of: Shape): Access {
  return parts(of, (member) => (['null', 'array', 'string'].includes(member.kind) ? member : undefined));
}

/** Reads all items of an array, or all members of an object. */
export function readAll(of: Shape): Access {
  return parts(of, (member) => {
    if (member.kind === 'array') return member.item;
    return member.kind === 'object' ? valuesOf(member) : undefined;
  });
}

/** Nothing is wrong with the access. */
export function mayBe(shape: Shape): Access {
  return { shape, without: [], fails: false };
}

/** A shape without null. */
export function withoutNull(shape: Shape): Shape {
  const members = alternatives(shape);
  return members === undefined ? shape : joined(...members.filter(({ kind }) => kind !== 'null'));
}

function parts(of: Shape, read: (member: SingleShape) => Shape | undefined): Access {
  const members = alternatives(of);
  if (members === undefined) return mayBe(anyShape);
  const found = members.map(read).filter((shape) => shape !== undefined);
  return { shape: joined(...found), without: [], fails: members.length > 0 && found.length === 0 };
}

function valuesOf({ fields, others }: ObjectShape): Shape {
  if (others !== 'none') return anyShape;
  return joined(neverShape, ...[...fields.values()].map(({ shape }) => shape));
}
