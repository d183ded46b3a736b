import type { JsonObject } from '../../json.ts';
import type { Field, Shape } from './shape.ts';
import { anyShape, exactObject, nullShape, numberShape, objectOf, someObject, stringShape } from './shape.ts';

const instant = exactObject(
  {
    iso8601: stringShape,
    epoch: exactObject({ seconds: numberShape, milliseconds: numberShape }, 'a point in time'),
  },
  'a point in time',
);

/** `$runtime`. */
export const runtimeShape = exactObject(
  { name: stringShape, version: stringShape, metadata: someObject('$runtime') },
  '$runtime',
);

/** `$workflow`; `input` is what a run is started with. */
export function workflowShape(input: Shape): Shape {
  return exactObject({ id: stringShape, definition: anyShape, input, startedAt: instant }, '$workflow');
}

/** `$task`: the members of the task's definition are there too. */
export function taskShape(definition: JsonObject, input: Shape, output: Shape): Shape {
  const fields = new Map<string, Field>();
  for (const name of Object.keys(definition)) fields.set(name, { shape: anyShape, optional: false });
  const own = { name: stringShape, reference: stringShape, definition: anyShape, input, output, startedAt: instant };
  for (const [name, shape] of Object.entries(own)) fields.set(name, { shape, optional: false });
  return objectOf(fields, 'none', '$task');
}

/** An error as `catch` meets it. */
export const errorShape = objectOf(
  new Map<string, Field>([
    ['type', { shape: stringShape, optional: false }],
    ['status', { shape: numberShape, optional: false }],
    ['title', { shape: stringShape, optional: true }],
    ['detail', { shape: stringShape, optional: true }],
    ['instance', { shape: stringShape, optional: true }],
  ]),
  'none',
  'an error',
);

/** What `call: http` gives with `output: response`. */
export const responseShape = exactObject(
  { request: anyShape, statusCode: numberShape, headers: someObject('the response'), content: anyShape },
  'the response',
);

/** What a program gives, by the `return` of its task. */
export const programOutputs: Readonly<Record<string, Shape>> = {
  stdout: stringShape,
  stderr: stringShape,
  code: numberShape,
  none: nullShape,
  all: exactObject({ code: numberShape, stdout: stringShape, stderr: stringShape }, 'the program'),
};
