import type { Field, ObjectShape, Shape } from './shape.ts';
import { anyShape, arrayOf, joined, objectOf } from './shape.ts';

/** The shape of what has both shapes: what either of them knows is known. */
export function both(a: Shape, b: Shape): Shape {
  if (a.kind === 'any') return b;
  if (b.kind === 'any') return a;
  if (a.kind === 'object' && b.kind === 'object') return bothObjects(a, b);
  if (a.kind === 'array' && b.kind === 'array') return arrayOf(both(a.item, b.item));
  if (a.kind === 'either') return bothChoices(a.of, b);
  if (b.kind === 'either') return bothChoices(b.of, a);
  return a;
}

/** Of several shapes those that are possible under another one; where none of them is, nothing more is known. */
function bothChoices(of: readonly Shape[], other: Shape): Shape {
  const others = other.kind === 'either' ? other.of : [other];
  const possible = of.flatMap((one) => others.filter(({ kind }) => kind === one.kind).map((each) => both(one, each)));
  return possible.length === 0 ? anyShape : joined(...possible);
}

function bothObjects(a: ObjectShape, b: ObjectShape): Shape {
  const fields = new Map<string, Field>();
  const names = a.others === 'none' ? a.fields.keys() : b.others === 'none' ? b.fields.keys() : allNames(a, b);
  for (const name of names) {
    const [one, other] = [a.fields.get(name), b.fields.get(name)];
    if (one === undefined || other === undefined) {
      const only = one ?? other;
      if (only !== undefined) fields.set(name, only);
    } else {
      fields.set(name, { shape: both(one.shape, other.shape), optional: one.optional && other.optional });
    }
  }
  const kinds = [a.others, b.others];
  const others = kinds.includes('none') ? 'none' : kinds.includes('unsaid') ? 'unsaid' : 'some';
  return objectOf(fields, others, a.others === 'some' ? b.origin : a.origin);
}

function allNames(a: ObjectShape, b: ObjectShape): ReadonlySet<string> {
  return new Set([...a.fields.keys(), ...b.fields.keys()]);
}
