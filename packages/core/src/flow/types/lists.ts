import { isObject } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import type { ListSite, TaskSite } from '../lint/sites.ts';
import { member } from '../member.ts';
import type { Shape } from './shape.ts';
import type { State, Walk } from './walk.ts';
import { joinedStates, unknownState } from './walk.ts';

/** Walks over a list. Gives the state in which it is done; undefined when its end is never reached. */
export function walkList(walk: Walk, path: string, from: State, names: ReadonlyMap<string, Shape>): State | undefined {
  const list = walk.lists.get(path);
  if (list === undefined || list.tasks.length === 0) return from;
  const numbers = numbersOf(list);
  // A list that is entered again by a jump back is not followed round: nothing is known where the jump lands.
  const arriving = new Map<number, State>([...landings(list, numbers)].map((index) => [index, unknownState]));
  arriving.set(0, joinedStates(arriving.get(0), from) ?? from);
  let done: State | undefined;
  const arrive = (index: number, state: State): void => {
    if (index >= list.tasks.length) done = joinedStates(done, state);
    else arriving.set(index, joinedStates(arriving.get(index), state) ?? state);
  };
  for (const [index, site] of list.tasks.entries()) {
    const state = arriving.get(index);
    if (state === undefined) continue;
    const end = walk.task(walk, site, state, names);
    if (end.skipped !== undefined) arrive(index + 1, end.skipped);
    if (end.state === undefined) continue;
    for (const target of end.targets) {
      if (target === 'end') walk.ended = joinedStates(walk.ended, end.state);
      else if (target === 'exit') done = joinedStates(done, end.state);
      else if (target === 'continue') arrive(index + 1, end.state);
      else {
        const to = numbers.get(target);
        if (to !== undefined && to > index) arrive(to, end.state);
      }
    }
  }
  return done;
}

/** Walks over the branches of a fork. Gives where each of them ends; undefined for one that never does. */
export function walkBranches(
  walk: Walk,
  path: string,
  from: State,
  names: ReadonlyMap<string, Shape>,
): readonly (State | undefined)[] {
  return (walk.lists.get(path)?.tasks ?? []).map((site) => {
    const end = walk.task(walk, site, from, names);
    if (end.state !== undefined && end.targets.has('end')) walk.ended = joinedStates(walk.ended, end.state);
    const isDone = [...end.targets].some((target) => target !== 'end');
    return joinedStates(end.skipped, isDone ? end.state : undefined);
  });
}

function numbersOf(list: ListSite): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [index, { name }] of list.tasks.entries()) if (!numbers.has(name)) numbers.set(name, index);
  return numbers;
}

/** Tasks to which another one after them, or they themselves, may jump back. */
function landings(list: ListSite, numbers: ReadonlyMap<string, number>): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [index, site] of list.tasks.entries()) {
    for (const target of targetsOf(site)) {
      const to = numbers.get(target);
      if (to !== undefined && to <= index) found.add(to);
    }
  }
  return found;
}

function targetsOf({ task, kind }: TaskSite): readonly string[] {
  const cases =
    kind === 'switch' ? (task['switch'] as readonly JsonObject[]).flatMap((item) => Object.values(item)) : [];
  return [
    task['then'],
    member(task['catch'], 'then'),
    ...cases.map((one) => (isObject(one) ? one['then'] : undefined)),
  ].filter((target) => typeof target === 'string');
}
