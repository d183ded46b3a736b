import type { Node } from '@pawl/jq';
import { alternatives, anyShape, joined, nullShape, objectOf } from './shape.ts';
import type { Shape } from './shape.ts';

type Update = Extract<Node, { readonly type: 'update' }>;

/** What an assignment makes of its input: known where one member of an object is set. */
export function afterUpdate(node: Update, dot: Shape, value: Shape, origin: string): Shape {
  const { target, operator } = node;
  const members = alternatives(dot);
  if (members === undefined || target.type !== 'index' || target.target.type !== 'identity') return anyShape;
  const { key } = target;
  if (key.type !== 'literal' || typeof key.value !== 'string') return anyShape;
  const name = key.value;
  const shapes = members.map((member): Shape => {
    if (member.kind === 'null') {
      const made = objectOf(new Map([[name, field(operator, value)]]), 'none', origin);
      return operator === '=' ? made : joined(made, nullShape);
    }
    if (member.kind !== 'object') return anyShape;
    const fields = new Map(member.fields).set(name, field(operator, value));
    return objectOf(fields, member.others, member.origin);
  });
  return joined(...shapes);
}

/** `|= empty` takes a member away, so only `=` says what there is afterwards. */
function field(operator: Update['operator'], value: Shape): { readonly shape: Shape; readonly optional: boolean } {
  return { shape: operator === '=' ? value : anyShape, optional: operator !== '=' };
}
