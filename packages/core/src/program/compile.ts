import { PawlError } from '../errors.ts';
import { documentContract } from '../flow/contract.ts';
import { durationMs } from '../flow/duration.ts';
import { isLoose, strictly } from '../flow/loose.ts';
import { placeVariables } from '../flow/scope.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { limits } from '../limits.ts';
import { compileBody } from './compile-body.ts';
import { iterated } from './compile-subscription.ts';
import { compileContract } from './contract.ts';
import { extended } from './extensions.ts';
import { compileDuration } from './durations.ts';
import type { DurationValue } from './durations.ts';
import type { Catalog, Compiling, PlaceIn } from './compiling.ts';
import { defined, escapePointer, objectAt, resolveThen, transform } from './compiling.ts';
import { compileField } from './expression.ts';
import type { CompiledFlow, TaskCommon, TaskList, TaskNode } from './nodes.ts';
import { compileSchemaOf } from './schemas.ts';

/** Compiles a valid flow document. Throws PAWL_FLOW_INVALID where it cannot run. */
export function compileFlow(given: Json, catalog: Catalog): CompiledFlow {
  if (!isObject(given) || !isObject(given['document']))
    throw new PawlError('PAWL_FLOW_INVALID', 'A flow document is an object with `document` and `do`.');
  const document = isLoose(given) ? strictly(given) : given;
  const head = given['document'];
  const use = isObject(document['use']) ? document['use'] : {};
  const compiling: Compiling = {
    document,
    use,
    catalog,
    nodes: new Map(),
    tasks: 0,
    list: (list, place) => compileList(compiling, list, place),
    branches: (list, place) => compileList(compiling, list, place, []),
  };
  const contract = documentContract(document);
  const input = objectAt(document, 'input');
  const output = objectAt(document, 'output');
  return {
    document,
    namespace: String(head['namespace']),
    name: String(head['name']),
    version: String(head['version']),
    main: compileList(compiling, document['do'], { pointer: '/do', depth: 0, names: [] }),
    functions: compileFunctions(compiling),
    nodes: compiling.nodes,
    deadlineMs: durationMs(contract.deadline),
    secrets: Array.isArray(use['secrets']) ? use['secrets'].map(String) : [],
    ...defined('inputSchema', compileSchemaOf(input['schema'], '/input/schema')),
    ...defined('inputFrom', transform(input['from'], placeVariables.runInput, '/input/from')),
    ...defined('outputAs', transform(output['as'], placeVariables.runOutput, '/output/as')),
    ...defined('outputSchema', compileSchemaOf(output['schema'], '/output/schema')),
    ...defined('timeout', timeoutOf(compiling, document, placeVariables.runInput, '/timeout')),
    ...(contract.start === undefined
      ? {}
      : {
          start: {
            key: compileField(contract.start.key, placeVariables.start, '/document/metadata/pawl/start/key'),
            onDuplicate: contract.start.onDuplicate,
          },
        }),
  };
}

/** Compiles a list of one-key maps. `targets`: names that a `then` in it may give; default: those of the list. */
function compileList(c: Compiling, list: Json | undefined, place: PlaceIn, targets?: readonly string[]): TaskList {
  if (!Array.isArray(list))
    throw new PawlError('PAWL_FLOW_INVALID', `There must be a list of tasks at ${place.pointer}.`);
  const items = list.map((item: Json, i) => {
    const [entry] = isObject(item) ? Object.entries(item) : [];
    if (entry === undefined || !isObject(entry[1]))
      throw new PawlError('PAWL_FLOW_INVALID', `There must be one named task at ${place.pointer}/${i}.`);
    return [entry[0], entry[1]] as const;
  });
  const names = targets ?? items.map(([name]) => name);
  return {
    tasks: items.map(([name, task], i) =>
      compileTask(c, name, task, names, { ...place, pointer: `${place.pointer}/${i}/${escapePointer(name)}` }, i),
    ),
  };
}

function compileTask(
  c: Compiling,
  name: string,
  task: JsonObject,
  names: readonly string[],
  place: PlaceIn,
  i: number,
): TaskNode {
  c.tasks += 1;
  if (c.tasks > limits.flowTasks || place.depth > limits.flowDepth) {
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The flow has more than ${limits.flowTasks} tasks, or tasks nested deeper than ${limits.flowDepth}.`,
    );
  }
  const at = place.pointer;
  const before = [...placeVariables.before, ...place.names];
  const body = [...placeVariables.body, ...place.names];
  const input = objectAt(task, 'input');
  const output = objectAt(task, 'output');
  const exported = objectAt(task, 'export');
  const common: TaskCommon = {
    name,
    step: at,
    i,
    definition: task,
    then: resolveThen(task['then'], names, at),
    contract: compileContract(c.document, task, body, at),
    ...defined('condition', typeof task['if'] === 'string' ? compileField(task['if'], before, `${at}/if`) : undefined),
    ...defined('inputSchema', compileSchemaOf(input['schema'], `${at}/input/schema`)),
    ...defined('inputFrom', transform(input['from'], before, `${at}/input/from`)),
    ...defined('outputAs', transform(output['as'], body, `${at}/output/as`)),
    ...defined('outputSchema', compileSchemaOf(output['schema'], `${at}/output/schema`)),
    ...defined('exportAs', transform(exported['as'], [...placeVariables.export, ...place.names], `${at}/export/as`)),
    ...defined('exportSchema', compileSchemaOf(exported['schema'], `${at}/export/schema`)),
    ...defined('timeout', timeoutOf(c, task, body, `${at}/timeout`)),
  };
  const made = compileBody(c, task, names, { ...place, depth: place.depth + 1 });
  const node: TaskNode = 'action' in made ? iterated(c, common, made) : { ...common, ...made };
  if (!place.bare && c.use['extensions'] !== undefined) return extended(c, node);
  c.nodes.set(at, node);
  return node;
}

/** A timeout, inline or by its name in `use.timeouts`. */
function timeoutOf(
  c: Compiling,
  owner: JsonObject,
  variables: readonly string[],
  where: string,
): DurationValue | undefined {
  const named = owner['timeout'];
  const timeout = typeof named === 'string' ? objectAt(c.use, 'timeouts')[named] : named;
  if (timeout === undefined && named === undefined) return undefined;
  if (!isObject(timeout) || timeout['after'] === undefined)
    throw new PawlError('PAWL_FLOW_INVALID', `The timeout at ${where} is not defined.`);
  return compileDuration(timeout['after'], variables, where);
}

function compileFunctions(c: Compiling): ReadonlyMap<string, TaskList> {
  const functions = new Map<string, TaskList>();
  for (const [name, task] of Object.entries(objectAt(c.use, 'functions'))) {
    if (!isObject(task)) continue;
    const place = { pointer: `/use/functions/${escapePointer(name)}`, depth: 1, names: [] };
    functions.set(name, { tasks: [compileTask(c, name, task, [name], place, 0)] });
  }
  return functions;
}
