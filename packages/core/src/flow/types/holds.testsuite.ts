import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import type { Shape } from './shape.ts';

/** Whether a value has a shape. What is not a number (NaN) is null once it is handed out, so null passes for a number. */
export function holds(shape: Shape, value: Json): boolean {
  switch (shape.kind) {
    case 'any':
      return true;
    case 'either':
      return shape.of.some((one) => holds(one, value));
    case 'number':
      return value === null || typeof value === 'number';
    case 'array':
      return Array.isArray(value) && (value as readonly Json[]).every((item) => holds(shape.item, item));
    case 'object':
      if (!isObject(value)) return false;
      for (const [name, field] of shape.fields) {
        const part = Object.hasOwn(value, name) ? value[name] : undefined;
        if (part === undefined ? !field.optional : !holds(field.shape, part)) return false;
      }
      return shape.others !== 'none' || Object.keys(value).every((name) => shape.fields.has(name));
    case 'null':
      return value === null;
    default:
      return typeof value === shape.kind;
  }
}
