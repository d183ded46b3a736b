import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Problem } from '../../result.ts';
import { compileSchema } from '../../schema/index.ts';
import type { SchemaProblem, Validator } from '../../schema/index.ts';
import { invariant } from '../../errors.ts';
import { listWords, nameHint, pointerSegment, valuePhrase } from '../../schema/problems.ts';
import { kindOf, taskKinds } from '../document.ts';
import { flowLimits } from '../limits.ts';
import { member } from '../member.ts';
import { definitions, rootSchema } from './flow-schema.ts';
import { callDefinition } from './tasks.ts';
import { schemaProblem } from './words.ts';

/**
 * What makes a document no flow by the official schema: no more, no less. Tasks are checked one by one against the
 * schema of the kind that their key tells, so that a slip in a `set` is not told as eleven ways of not being a `call`.
 */
export function validateFlow(document: Json): readonly Problem[] {
  const problems: Problem[] = report(validator('root'), document, '');
  if (!isObject(document)) return problems;
  const pending: Place[] = [...rootPlaces(document)].reverse();
  for (let next = pending.pop(); next !== undefined && problems.length < flowLimits.problems; next = pending.pop()) {
    const inner = next.list ? listPlaces(next, problems) : taskPlaces(next, problems);
    for (const place of inner.reverse()) pending.push(place);
  }
  return problems;
}

/** A task, or a list of tasks, that is still to be checked. */
interface Place {
  readonly path: string;
  readonly value: Json;
  readonly list: boolean;
}

function rootPlaces(document: JsonObject): readonly Place[] {
  const use = isObject(document['use']) ? document['use'] : {};
  const functions = isObject(use['functions']) ? use['functions'] : {};
  const extensions = Array.isArray(use['extensions']) ? (use['extensions'] as readonly Json[]) : [];
  return [
    ...Object.keys(functions).map((name) => ({
      path: `/use/functions${pointerSegment(name)}`,
      value: functions[name] as Json,
      list: false,
    })),
    ...extensions.flatMap((item, index) =>
      isObject(item)
        ? Object.keys(item).flatMap((name) =>
            ['before', 'after'].flatMap((list) =>
              listAt(item[name], `/use/extensions/${index}${pointerSegment(name)}`, list),
            ),
          )
        : [],
    ),
    ...listAt(document, '', 'do'),
  ];
}

/** The tasks of a list; an item that is no named task is told. */
function listPlaces({ path, value }: Place, problems: Problem[]): Place[] {
  return (value as readonly Json[]).flatMap((item, index) => {
    const at = `${path}/${index}`;
    const names = isObject(item) ? Object.keys(item) : [];
    if (isObject(item) && names.length === 1) {
      const name = names[0] as string;
      return [{ path: at + pointerSegment(name), value: item[name] as Json, list: false }];
    }
    problems.push(itemProblem(at, item, names));
    return [];
  });
}

/** Checks one task and finds the lists in it. */
function taskPlaces({ path, value }: Place, problems: Problem[]): Place[] {
  const task = value;
  const kind = isObject(task) ? kindOf(task) : undefined;
  if (!isObject(task) || kind === undefined) {
    problems.push(kindProblem(path, task));
    return [];
  }
  const called = task['call'];
  const definition = kind !== 'call' ? kind : callDefinition(typeof called === 'string' ? called : '');
  problems.push(...report(validator(definition), task, path));
  const subscription = member(member(task, 'with'), 'subscription');
  return [
    ...listAt(task, path, 'do'),
    ...listAt(task, path, 'try'),
    ...listAt(task['catch'], `${path}/catch`, 'do'),
    ...listAt(task['fork'], `${path}/fork`, 'branches'),
    ...(kind === 'listen' ? listAt(task['foreach'], `${path}/foreach`, 'do') : []),
    ...(called === 'asyncapi'
      ? listAt(member(subscription, 'foreach'), `${path}/with/subscription/foreach`, 'do')
      : []),
  ];
}

function listAt(owner: Json | undefined, path: string, name: string): readonly Place[] {
  const value = member(owner, name);
  return Array.isArray(value) ? [{ path: `${path}/${name}`, value, list: true }] : [];
}

const validators = new Map<string, Validator>();

/** The validator of a definition; lists of tasks and tasks are left to the walk. */
function validator(definition: string): Validator {
  const known = validators.get(definition);
  if (known !== undefined) return known;
  const walked = { taskList: { type: 'array' }, task: true };
  const start = definition === 'root' ? rootSchema : { $ref: `#/$defs/${definition}` };
  const compiled = compileSchema({ ...start, $defs: { ...definitions, ...walked } }, { lookAround: 'native' });
  invariant(compiled.ok, `the schema of ${definition} does not compile: ${JSON.stringify(compiled)}`);
  validators.set(definition, compiled.value);
  return compiled.value;
}

function report(by: Validator, value: Json, path: string): Problem[] {
  const told = new Set<string>();
  return by.validate(value).flatMap((problem: SchemaProblem) => {
    const words = schemaProblem(problem, path);
    const key = `${words.path} ${words.message}`;
    if (told.has(key)) return [];
    told.add(key);
    return [words];
  });
}

function itemProblem(path: string, item: Json, names: readonly string[]): Problem {
  const common = { code: 'PAWL_FLOW_SCHEMA_TASK', severity: 'error', path } as const;
  if (names.length > 1) {
    const message = `An item of a list of tasks has one name, and this has ${names.length}: ${listWords(names, 'and')}.`;
    return { ...common, message, hint: `put a dash before each task; or indent what belongs to ${names[0]}` };
  }
  return {
    ...common,
    message: `An item of a list of tasks is a name with a task, and this is ${valuePhrase(item)}.`,
    hint: 'write - name: and the task below it',
  };
}

function kindProblem(path: string, task: Json): Problem {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const common = { code: 'PAWL_FLOW_SCHEMA_TASK', severity: 'error', path } as const;
  if (!isObject(task))
    return {
      ...common,
      message: `The task ${name} must be an object, and is ${valuePhrase(task)}.`,
      hint: 'indent what belongs to the task below its name',
    };
  const keys = Object.keys(task);
  const found = keys.filter((key) => (taskKinds as readonly string[]).includes(key));
  if (found.length > 1) {
    return {
      ...common,
      message: `The task ${name} does several things at once: ${listWords(found, 'and')}.`,
      hint: 'make a task of each',
    };
  }
  const guess = keys.map((key) => nameHint(key, taskKinds)).find((hint) => hint?.startsWith('did you mean'));
  return {
    ...common,
    message: `The task ${name} does not say what it does.`,
    hint: guess ?? `give it one of ${listWords(taskKinds, 'or')}`,
  };
}
