import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import type { Shape } from './shape.ts';
import {
  anyShape,
  arrayOf,
  booleanShape,
  exactObject,
  joined,
  neverShape,
  nullShape,
  numberShape,
  stringShape,
} from './shape.ts';
import { typeLimits } from './limits.ts';

/** The shape of a value that is known. */
export function shapeOfValue(value: Json, origin: string, depth = 0): Shape {
  if (value === null) return nullShape;
  if (typeof value === 'boolean') return booleanShape;
  if (typeof value === 'number') return numberShape;
  if (typeof value === 'string') return stringShape;
  if (depth > typeLimits.depth) return anyShape;
  if (Array.isArray(value)) {
    if (value.length > typeLimits.size) return arrayOf(anyShape);
    const items = (value as readonly Json[]).map((item) => shapeOfValue(item, origin, depth + 1));
    return arrayOf(joined(neverShape, ...items));
  }
  if (!isObject(value)) return anyShape;
  const members = Object.keys(value).map(
    (name) => [name, shapeOfValue(value[name] ?? null, origin, depth + 1)] as const,
  );
  return exactObject(Object.fromEntries(members), origin);
}
