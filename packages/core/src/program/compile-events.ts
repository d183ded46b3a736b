import { PawlError } from '../errors.ts';
import { defaultNames, placeVariables } from '../flow/scope.ts';
import type { JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Compiling, PlaceIn } from './compiling.ts';
import { defined, objectAt, transform } from './compiling.ts';
import { compileTemplate } from './expression.ts';
import type { ChildBody, EmitBody, ForeachBody, ListenBody } from './nodes.ts';
import { compileSchemaOf } from './schemas.ts';
import { compileStrategy } from './strategy.ts';

/** Compiles the event that a task publishes. */
export function compileEmit(task: JsonObject, variables: readonly string[], at: string): EmitBody {
  const attributes = objectAt(objectAt(objectAt(task, 'emit'), 'event'), 'with');
  return { kind: 'emit', event: compileTemplate(attributes, variables, `${at}/emit/event/with`) };
}

/** Compiles what a task waits for. */
export function compileListen(
  c: Compiling,
  task: JsonObject,
  variables: readonly string[],
  place: PlaceIn,
): ListenBody {
  const listen = objectAt(task, 'listen');
  const read = (['envelope', 'raw'] as const).find((form) => form === listen['read']) ?? 'data';
  return {
    kind: 'listen',
    strategy: compileStrategy(objectAt(listen, 'to'), variables, `${place.pointer}/listen/to`),
    read,
    ...defined('foreach', isObject(task['foreach']) ? compileForeach(c, task['foreach'], place) : undefined),
  };
}

/** Compiles the run of another flow. */
export function compileChild(task: JsonObject, variables: readonly string[], at: string): ChildBody {
  const run = objectAt(task, 'run');
  const { namespace, name, version, input } = objectAt(run, 'workflow');
  if (typeof namespace !== 'string' || typeof name !== 'string')
    throw new PawlError('PAWL_FLOW_INVALID', `The task at ${at} runs a flow, but does not say which.`);
  return {
    kind: 'run',
    named: { namespace, name, ...(typeof version === 'string' ? { version } : {}) },
    input: compileTemplate(input ?? null, variables, `${at}/run/workflow/input`),
    awaits: run['await'] !== false,
  };
}

/** Compiles what is done with each event or message. */
export function compileForeach(c: Compiling, foreach: JsonObject, place: PlaceIn): ForeachBody {
  const item = String(foreach['item'] ?? defaultNames.each);
  const index = String(foreach['at'] ?? defaultNames.at);
  const at = `${place.pointer}/foreach`;
  const names = [...place.names, item, index];
  const output = objectAt(foreach, 'output');
  const exported = objectAt(foreach, 'export');
  return {
    item,
    at: index,
    list: foreach['do'] === undefined ? { tasks: [] } : c.list(foreach['do'], { ...place, pointer: `${at}/do`, names }),
    ...defined('outputAs', transform(output['as'], [...placeVariables.body, ...names], `${at}/output/as`)),
    ...defined('outputSchema', compileSchemaOf(output['schema'], `${at}/output/schema`)),
    ...defined('exportAs', transform(exported['as'], [...placeVariables.export, ...names], `${at}/export/as`)),
    ...defined('exportSchema', compileSchemaOf(exported['schema'], `${at}/export/schema`)),
  };
}
