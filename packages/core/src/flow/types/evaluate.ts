import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { expressionOf, scanText } from '../expression-text.ts';
import type { ExpressionText } from '../expression-text.ts';
import { infer, inferOne } from './infer.ts';
import { inferCondition } from './inferring.ts';
import type { Inferring, Tell } from './inferring.ts';
import type { Field, Shape } from './shape.ts';
import { anyShape, arrayOf, joined, objectOf, stringShape } from './shape.ts';
import { shapeOfValue } from './value-shape.ts';
import type { Finding, Place, Walk } from './walk.ts';
import { questionOf } from './walk.ts';

/** A field that only takes an expression. */
export function fieldShape(walk: Walk, text: string, place: Place): Shape {
  return programShape(walk, expressionOf(text), place);
}

/** A field that only takes an expression and asks whether something holds. */
export function condition(walk: Walk, text: Json | undefined, place: Place): void {
  if (typeof text !== 'string') return;
  const expression = expressionOf(text);
  const node = walk.programs(expression.source);
  if (node !== undefined) inferCondition(node, place.dot, inferring(walk, expression, place));
}

/** `input.from` and its like: a text is an expression, an object a template. Undefined where there is none. */
export function transformed(walk: Walk, value: Json | undefined, place: Place): Shape | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? fieldShape(walk, value, place) : templateShape(walk, value, place);
}

/** A value whose texts may be expressions. */
export function templateShape(walk: Walk, value: Json, place: Place): Shape {
  if (typeof value === 'string') return textShape(walk, value, place);
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item, index) =>
      templateShape(walk, item, { ...place, path: `${place.path}/${index}` }),
    );
    return arrayOf(joined(...items));
  }
  if (!isObject(value)) return shapeOfValue(value, place.origin);
  const fields = new Map<string, Field>();
  for (const name of Object.keys(value)) {
    const shape = templateShape(walk, value[name] ?? null, { ...place, path: place.path + pointerSegment(name) });
    fields.set(name, { shape, optional: false });
  }
  return objectOf(fields, 'none', place.origin);
}

function textShape(walk: Walk, text: string, place: Place): Shape {
  const scanned = scanText(text);
  if (scanned.kind === 'literal') return stringShape;
  if (scanned.kind === 'expression') return programShape(walk, scanned, place);
  for (const part of scanned.parts) if (typeof part !== 'string') programShape(walk, part, place);
  return stringShape;
}

function programShape(walk: Walk, expression: ExpressionText, place: Place): Shape {
  const node = walk.programs(expression.source);
  return node === undefined ? anyShape : inferOne(node, place.dot, inferring(walk, expression, place));
}

function inferring(walk: Walk, { source, offset }: ExpressionText, place: Place): Inferring {
  const { path, variables, origin } = place;
  const found = (at: number, what: Finding['what']): void => {
    walk.findings.push({ path, source, offset, at, what });
  };
  const tell: Tell = {
    unknownField: (at, name, objects) => found(at, { kind: 'field', name, objects }),
    asked: (name, objects) => {
      for (const object of objects) walk.asked.add(questionOf(object, name));
    },
    fails: (at, why) => found(at, { kind: 'fails', why }),
  };
  return { variables, defined: new Set(), guarded: false, certain: true, origin, tell, infer };
}
