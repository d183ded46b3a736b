import type { JsonObject } from '../../json.ts';
import type { TaskKind } from '../document.ts';
import { flowDirectives, reservedVariables } from '../scope.ts';
import { errorName, foreachNames, foreachOf, loopNames } from './sites.ts';
import type { TaskSite } from './sites.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';

/** Names of tasks are unique in their list and mean nothing else; names of variables can be used and hide nothing. */
export function lintNames(lint: Lint): void {
  for (const list of lint.sites.lists) {
    const seen = new Map<string, TaskSite>();
    for (const site of list.tasks) {
      const first = seen.get(site.name);
      if (first === undefined) seen.set(site.name, site);
      else
        refuse(
          lint,
          'PAWL_FLOW_NAME_TWICE',
          site.path,
          `Two tasks of this list are named ${site.name}.`,
          `rename one of them; the first is number ${first.index + 1}`,
        );
    }
    if (list.tasks.length === 0)
      warn(lint, 'PAWL_FLOW_LIST_EMPTY', list.path, 'This list of tasks is empty: it does nothing.');
  }
  for (const site of lint.sites.tasks) {
    if (flowDirectives.includes(site.name)) {
      refuse(
        lint,
        'PAWL_FLOW_NAME_RESERVED',
        site.path,
        `No task can be named ${site.name}: in a "then" the word means where the flow goes on.`,
        'rename the task',
      );
    }
    lintVariables(lint, site);
  }
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function lintVariables(lint: Lint, { task, path, kind, names }: TaskSite): void {
  const bound = boundBy(task, path, kind);
  for (const [index, [name, at]] of bound.entries()) {
    if (!identifier.test(name)) {
      refuse(
        lint,
        'PAWL_FLOW_VARIABLE_NAME',
        at,
        `"${name}" cannot be the name of a variable.`,
        'use letters, digits and _, beginning with a letter',
      );
    } else if (reservedVariables.includes(name)) {
      refuse(
        lint,
        'PAWL_FLOW_VARIABLE_RESERVED',
        at,
        `$${name} is a variable of the language; a task cannot give it another meaning.`,
        'use another name',
      );
    } else if (bound.slice(0, index).some(([other]) => other === name)) {
      refuse(lint, 'PAWL_FLOW_VARIABLE_TWICE', at, `$${name} cannot be both the item and its index.`, 'use two names');
    } else if (names.includes(name) && kind !== 'try') {
      warn(
        lint,
        'PAWL_FLOW_VARIABLE_HIDDEN',
        at,
        `In here $${name} hides the $${name} of an outer task.`,
        'use another name if the outer one is needed',
      );
    }
  }
}

/** The variables that a task binds, and where it names them. */
function boundBy(task: JsonObject, path: string, kind: TaskKind): readonly (readonly [name: string, path: string])[] {
  if (kind === 'try') return [[errorName(task), `${path}/catch/as`]];
  if (kind === 'for') {
    const [each, at] = loopNames(task);
    return [
      [each, `${path}/for/each`],
      [at, `${path}/for/at`],
    ];
  }
  const found = foreachOf(task, kind);
  if (found === undefined) return [];
  const [item, at] = foreachNames(found.foreach);
  return [
    [item, `${path}${found.path}/item`],
    [at, `${path}${found.path}/at`],
  ];
}
