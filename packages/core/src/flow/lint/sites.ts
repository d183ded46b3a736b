import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { kindOf } from '../document.ts';
import type { TaskKind } from '../document.ts';
import { member } from '../member.ts';
import { defaultNames } from '../scope.ts';

/** A task where it stands. */
export interface TaskSite {
  readonly name: string;
  /** JSON pointer. */
  readonly path: string;
  readonly task: JsonObject;
  readonly kind: TaskKind;
  /** The list that it is part of, and its index there; a function stands alone. */
  readonly list: ListSite | undefined;
  readonly index: number;
  /** Variables that enclosing tasks bind, outermost first. */
  readonly names: readonly string[];
  /** Whether an enclosing `try` may run it again. */
  readonly retried: boolean;
  /** Tasks around it. */
  readonly depth: number;
}

/** A list of tasks where it stands. */
export interface ListSite {
  readonly path: string;
  /** Whether its tasks run one after the other; the branches of a fork don't. */
  readonly sequence: boolean;
  /** The kind of task that runs the list. */
  readonly owner: TaskKind | 'flow' | 'extension';
  readonly tasks: readonly TaskSite[];
}

/** All tasks and lists of a document that the schema accepts, in the order in which they are written. */
export interface Sites {
  readonly tasks: readonly TaskSite[];
  readonly lists: readonly ListSite[];
}

/** Finds every task. Does not recurse, so that any depth can be told. */
export function sitesOf(document: JsonObject): Sites {
  const tasks: TaskSite[] = [];
  const lists: ListSite[] = [];
  // Lists may be long: nothing here spreads one into the arguments of a call.
  const pending: Inner[] = rootLists(document).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const found: TaskSite[] = [];
    const list = next.single
      ? undefined
      : { path: next.path, sequence: next.owner !== 'fork', owner: next.owner, tasks: found };
    for (const [index, [name, task, path]] of next.items.entries()) {
      const kind = isObject(task) ? kindOf(task) : undefined;
      if (!isObject(task) || kind === undefined) continue;
      found.push({ name, path, task, kind, list, index, names: next.names, retried: next.retried, depth: next.depth });
    }
    for (const site of found) tasks.push(site);
    if (list !== undefined) lists.push(list);
    for (const inside of found.flatMap(innerLists).reverse()) pending.push(inside);
  }
  return { tasks, lists };
}

/** The name under which a `try` binds its error. */
export function errorName(task: JsonObject): string {
  const caught = task['catch'];
  return textOf(isObject(caught) ? caught['as'] : undefined, defaultNames.as);
}

/** The names that a `for` binds: item and index. */
export function loopNames(task: JsonObject): readonly [string, string] {
  const loop = isObject(task['for']) ? task['for'] : {};
  return [textOf(loop['each'], defaultNames.each), textOf(loop['at'], defaultNames.at)];
}

/** The `foreach` of a `listen` or of a subscription by `call: asyncapi`, and where it stands in the task. */
export function foreachOf(
  task: JsonObject,
  kind: TaskKind,
): { readonly foreach: JsonObject; readonly path: string } | undefined {
  const [foreach, path] =
    kind === 'listen'
      ? [task['foreach'], '/foreach']
      : [
          task['call'] === 'asyncapi' ? member(member(task['with'], 'subscription'), 'foreach') : undefined,
          '/with/subscription/foreach',
        ];
  return isObject(foreach) ? { foreach, path } : undefined;
}

/** The names that a `foreach` binds: item and index. */
export function foreachNames(foreach: JsonObject): readonly [string, string] {
  return [textOf(foreach['item'], defaultNames.each), textOf(foreach['at'], defaultNames.at)];
}

/** Tasks that are still to be looked at. */
interface Inner {
  readonly path: string;
  readonly owner: ListSite['owner'];
  readonly items: readonly (readonly [name: string, task: Json, path: string])[];
  readonly single: boolean;
  readonly names: readonly string[];
  readonly retried: boolean;
  readonly depth: number;
}

function rootLists(document: JsonObject): Inner[] {
  const use = isObject(document['use']) ? document['use'] : {};
  const base = { names: [], retried: false, depth: 0 } as const;
  const functions = isObject(use['functions']) ? use['functions'] : {};
  const single = Object.keys(functions).map((name) => {
    const path = `/use/functions${pointerSegment(name)}`;
    return {
      ...base,
      path,
      owner: 'flow' as const,
      single: true,
      items: [[name, functions[name] as Json, path] as const],
    };
  });
  const extensions = (Array.isArray(use['extensions']) ? use['extensions'] : []) as readonly JsonObject[];
  const around = extensions.flatMap((item, index) =>
    Object.keys(item).flatMap((name) =>
      ['before', 'after'].flatMap((member) =>
        inner(
          (item[name] as JsonObject)[member],
          `/use/extensions/${index}${pointerSegment(name)}/${member}`,
          'extension',
          base,
        ),
      ),
    ),
  );
  return [...single, ...around, ...inner(document['do'], '/do', 'flow', base)];
}

function innerLists({ task, path, kind, names, retried, depth }: TaskSite): Inner[] {
  const base = { names, retried, depth: depth + 1 };
  switch (kind) {
    case 'do':
      return inner(task['do'], `${path}/do`, kind, base);
    case 'for':
      return inner(task['do'], `${path}/do`, kind, { ...base, names: [...names, ...loopNames(task)] });
    case 'fork':
      return inner((task['fork'] as JsonObject)['branches'], `${path}/fork/branches`, kind, base);
    case 'try': {
      const caught = isObject(task['catch']) ? task['catch'] : {};
      return [
        ...inner(task['try'], `${path}/try`, kind, { ...base, retried: retried || caught['retry'] !== undefined }),
        ...inner(caught['do'], `${path}/catch/do`, kind, { ...base, names: [...names, errorName(task)] }),
      ];
    }
    case 'listen':
    case 'call': {
      const found = foreachOf(task, kind);
      if (found === undefined) return [];
      return inner(found.foreach['do'], `${path}${found.path}/do`, kind, {
        ...base,
        names: [...names, ...foreachNames(found.foreach)],
      });
    }
    default:
      return [];
  }
}

function inner(
  list: Json | undefined,
  path: string,
  owner: ListSite['owner'],
  base: Pick<Inner, 'names' | 'retried' | 'depth'>,
): Inner[] {
  if (!Array.isArray(list)) return [];
  const items = (list as readonly JsonObject[]).map((item, index) => {
    const name = Object.keys(item)[0] ?? '';
    return [name, item[name] ?? null, `${path}/${index}${pointerSegment(name)}`] as const;
  });
  return [{ ...base, path, owner, single: false, items }];
}

function textOf(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
