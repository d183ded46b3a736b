import type { Pattern } from '@pawl/jq';
import { readItem } from './access.ts';
import type { Shape } from './shape.ts';
import { anyShape } from './shape.ts';

/** The variables with those that patterns bind: of a plain variable the shape is known, of the rest nothing is said. */
export function bindPattern(
  patterns: readonly Pattern[],
  value: Shape,
  variables: ReadonlyMap<string, Shape>,
): ReadonlyMap<string, Shape> {
  const bound = new Map(variables);
  const [only] = patterns;
  if (patterns.length === 1 && only !== undefined) bind(only, value, bound);
  else for (const pattern of patterns) bind(pattern, anyShape, bound);
  return bound;
}

function bind(pattern: Pattern, value: Shape, bound: Map<string, Shape>): void {
  switch (pattern.type) {
    case 'variable':
      bound.set(pattern.name, value);
      break;
    case 'array':
      for (const item of pattern.items) bind(item, readItem(value).shape, bound);
      break;
    case 'object':
      for (const { variable, pattern: inner } of pattern.entries) {
        if (variable !== undefined) bound.set(variable, anyShape);
        if (inner !== undefined) bind(inner, anyShape, bound);
      }
  }
}
