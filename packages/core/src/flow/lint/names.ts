import { flowDirectives, reservedVariables } from '../scope.ts';
import { errorName, foreachNames, loopNames } from './sites.ts';
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
      else refuse(lint, 'PAWL_FLOW_NAME_TWICE', site.path, `Two tasks of this list are named ${site.name}.`, `rename one of them; the first is number ${first.index + 1}`);
    }
    if (list.tasks.length === 0) warn(lint, 'PAWL_FLOW_LIST_EMPTY', list.path, 'This list of tasks is empty: it does nothing.');
  }
  for (const site of lint.sites.tasks) {
    if (flowDirectives.includes(site.name)) {
      refuse(lint, 'PAWL_FLOW_NAME_RESERVED', site.path, `No task can be named ${site.name}: in a "then" the word means where the flow goes on.`, 'rename the task');
    }
    lintVariables(lint, site);
  }
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function lintVariables(lint: Lint, { task, path, kind, names }: TaskSite): void {
  const bound: readonly (readonly [name: string, path: string])[] =
    kind === 'for'
      ? paired(loopNames(task), [`${path}/for/each`, `${path}/for/at`])
      : kind === 'listen' && task['foreach'] !== undefined
        ? paired(foreachNames(task['foreach']), [`${path}/foreach/item`, `${path}/foreach/at`])
        : kind === 'try'
          ? [[errorName(task), `${path}/catch/as`]]
          : [];
  for (const [index, [name, at]] of bound.entries()) {
    if (!identifier.test(name)) {
      refuse(lint, 'PAWL_FLOW_VARIABLE_NAME', at, `"${name}" cannot be the name of a variable.`, 'use letters, digits and _, beginning with a letter');
    } else if (reservedVariables.includes(name)) {
      refuse(lint, 'PAWL_FLOW_VARIABLE_RESERVED', at, `$${name} is a variable of the language; a task cannot give it another meaning.`, 'use another name');
    } else if (bound.slice(0, index).some(([other]) => other === name)) {
      refuse(lint, 'PAWL_FLOW_VARIABLE_TWICE', at, `$${name} cannot be both the item and its index.`, 'use two names');
    } else if (names.includes(name) && kind !== 'try') {
      warn(lint, 'PAWL_FLOW_VARIABLE_HIDDEN', at, `In here $${name} hides the $${name} of an outer task.`, 'use another name if the outer one is needed');
    }
  }
}

function paired(names: readonly [string, string], paths: readonly [string, string]): readonly (readonly [string, string])[] {
  return [
    [names[0], paths[0]],
    [names[1], paths[1]],
  ];
}
