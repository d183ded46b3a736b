import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import { pawlOf } from '../contract-read.ts';
import type { TaskSite } from '../lint/sites.ts';
import { member } from '../member.ts';
import { walkBody } from './bodies.ts';
import { both } from './combine.ts';
import { condition, templateShape, transformed } from './evaluate.ts';
import { taskShape } from './known.ts';
import { typeLimits } from './limits.ts';
import { shapeOfSchema } from './schema-shape.ts';
import type { Shape } from './shape.ts';
import { anyShape, nullShape } from './shape.ts';
import type { Place, State, TaskEnd, Walk } from './walk.ts';
import { unknownState } from './walk.ts';

/** Follows the data through a task: `if`, its input, its body, its output and what it exports. */
export function walkTask(walk: Walk, site: TaskSite, from: State, names: ReadonlyMap<string, Shape>): TaskEnd {
  const { task, path, name } = site;
  const own = typeof task['then'] === 'string' ? task['then'] : 'continue';
  if (walk.depth > typeLimits.taskDepth) return { state: unknownState, targets: new Set([own, 'continue', 'exit']) };
  walk.depth++;
  const origin = `the step \`${name}\``;
  const context = walk.extended ? anyShape : from.context;
  const before = new Map([...walk.variables, ['context', context], ...names]);
  if (site.path.startsWith('/use/extensions/')) before.set('task', anyShape);
  else before.set('task', taskShape(task, from.value, nullShape));
  const raw: Place = { path: `${path}/if`, dot: from.value, variables: before, origin };
  condition(walk, task['if'], raw);
  const input = inputShape(walk, task['input'], raw, path);
  const variables = new Map(before).set('input', input);
  for (const [bound, shape] of names) variables.set(bound, shape);
  const place = (at: string): Place => ({ path: `${path}${at}`, dot: input, variables, origin });
  const timeout = member(task['timeout'], 'after');
  if (timeout !== undefined) templateShape(walk, timeout, place('/timeout/after'));
  const key = member(pawlOf(task), 'key');
  if (key !== undefined) templateShape(walk, key, place('/metadata/pawl/key'));
  const end = walkBody(walk, { site, state: { value: input, context: from.context }, names, variables, at: place });
  walk.depth--;
  const state = end.state === undefined ? undefined : afterBody(walk, site, end.state, from, place(''));
  const targets = new Set(end.targets ?? [own]);
  return typeof task['if'] === 'string' ? { state, targets, skipped: from } : { state, targets };
}

function inputShape(walk: Walk, input: Json | undefined, raw: Place, path: string): Shape {
  if (!isObject(input)) return raw.dot;
  const dot = both(raw.dot, schemaShape(input, `the schema of the input of ${raw.origin}`));
  return transformed(walk, input['from'], { ...raw, path: `${path}/input/from`, dot }) ?? dot;
}

/** `output.as`, `output.schema`, `export.as`, `export.schema`. */
function afterBody(walk: Walk, site: TaskSite, body: State, from: State, place: Place): State {
  const { task, path } = site;
  const rawOutput = walk.extended ? anyShape : body.value;
  const plain = task['output'] === undefined && task['export'] === undefined;
  if (plain) return { value: rawOutput, context: body.context };
  const variables = new Map(place.variables);
  if (!path.startsWith('/use/extensions/')) variables.set('task', taskShape(task, from.value, rawOutput));
  if (!walk.extended) variables.set('context', body.context);
  const output = member(task, 'output');
  const as = transformed(walk, member(output, 'as'), {
    ...place,
    path: `${path}/output/as`,
    dot: rawOutput,
    variables,
  });
  const value = both(as ?? rawOutput, schemaShape(output, `the schema of the output of ${place.origin}`));
  const exported = member(task, 'export');
  if (exported === undefined) return { value, context: body.context };
  variables.set('output', value);
  const made = transformed(walk, member(exported, 'as'), {
    path: `${path}/export/as`,
    dot: value,
    variables,
    origin: `$context, as ${place.origin} exports it`,
  });
  const context = both(made ?? body.context, schemaShape(exported, '$context'));
  walk.exported.push(context);
  return { value, context };
}

/** The shape that the schema of an input or output gives; `any` where there is none that stands in the flow. */
export function schemaShape(owner: Json | undefined, origin: string): Shape {
  const schema = member(owner, 'schema');
  const format = member(schema, 'format');
  const document = member(schema, 'document');
  if (document === undefined || (typeof format === 'string' && !/^json(:|$)/.test(format))) return anyShape;
  return shapeOfSchema(document, origin);
}
