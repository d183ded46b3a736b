import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { flowDirectives } from '../scope.ts';
import { nearestHint } from './nearest.ts';
import type { ListSite, TaskSite } from './sites.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';

/** Where the flow goes: targets exist in the same list, a switch has one default, every task can be reached. */
export function lintTargets(lint: Lint): void {
  for (const site of lint.sites.tasks) {
    for (const each of targetsOf(site)) lintTarget(lint, site, each);
    if (site.kind === 'switch') lintDefaults(lint, site);
  }
  for (const list of lint.sites.lists) if (list.sequence) lintReach(lint, list);
}

/** A `then` of a task, of one of its cases or of its catch. */
interface Target {
  readonly path: string;
  readonly then: string;
}

function targetsOf({ task, path, kind }: TaskSite): readonly Target[] {
  const caught = task['catch'];
  return [
    ...target(task['then'], `${path}/then`),
    ...(kind === 'switch'
      ? casesOf(task).flatMap(({ name, index, body }) =>
          target(body['then'], `${path}/switch/${index}${pointerSegment(name)}/then`),
        )
      : []),
    ...(kind === 'try' && isObject(caught) ? target(caught['then'], `${path}/catch/then`) : []),
  ];
}

function target(then: Json | undefined, path: string): readonly Target[] {
  return typeof then === 'string' ? [{ then, path }] : [];
}

function lintTarget(lint: Lint, { list }: TaskSite, { then, path }: Target): void {
  if (then === 'exit' && list?.owner === 'for') {
    warn(
      lint,
      'PAWL_FLOW_EXIT_IN_FOR',
      path,
      '"exit" ends this iteration; the "for" goes on with its next item.',
      'to stop the whole loop, give the "for" a "while"',
    );
  }
  if (flowDirectives.includes(then)) return;
  const names = list?.sequence ? namesOf(list) : new Set<string>();
  if (names.has(then)) return;
  if (!lint.wants('error')) return;
  const elsewhere = lint.sites.tasks.some((task) => task.name === then);
  const message = elsewhere
    ? `"then" names the task ${then}, which stands in another list: it can only go to a task of its own list.`
    : `"then" names the task ${then}, which does not exist.`;
  const hint = elsewhere
    ? 'use exit to leave this list, and go on from the task around it'
    : nearestHint(then, [...flowDirectives, ...names]);
  refuse(lint, 'PAWL_FLOW_THEN_UNKNOWN', path, message, hint);
}

const listNames = new WeakMap<ListSite, ReadonlySet<string>>();

/** Names of a list, made once: a list may be long and have as many targets. */
function namesOf(list: ListSite): ReadonlySet<string> {
  const names = listNames.get(list) ?? new Set(list.tasks.map((task) => task.name));
  listNames.set(list, names);
  return names;
}

function lintDefaults(lint: Lint, { task, path }: TaskSite): void {
  const defaults = casesOf(task).filter(({ body }) => body['when'] === undefined);
  for (const { name, index } of defaults.slice(1)) {
    const hint = 'give this case a "when", or take it out';
    refuse(
      lint,
      'PAWL_FLOW_SWITCH_DEFAULTS',
      `${path}/switch/${index}${pointerSegment(name)}`,
      'The switch has several cases without "when": only the first could ever be taken.',
      hint,
    );
  }
}

function casesOf(
  task: JsonObject,
): readonly { readonly name: string; readonly index: number; readonly body: JsonObject }[] {
  return (task['switch'] as readonly JsonObject[]).map((item, index) => {
    const name = Object.keys(item)[0] ?? '';
    return { name, index, body: item[name] as JsonObject };
  });
}

/** Tells of the first task of each stretch that nothing leads to. */
function lintReach(lint: Lint, list: ListSite): void {
  const byName = new Map(list.tasks.map((site, position) => [site.name, position]));
  const reached = new Set<number>();
  const pending = [0];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const site = list.tasks[at];
    if (site === undefined || reached.has(at)) continue;
    reached.add(at);
    if (goesOn(site)) pending.push(at + 1);
    for (const { then } of targetsOf(site)) pending.push(then === 'continue' ? at + 1 : (byName.get(then) ?? -1));
  }
  for (const [position, site] of list.tasks.entries()) {
    if (reached.has(position) || (position > 0 && !reached.has(position - 1))) continue;
    warn(
      lint,
      'PAWL_FLOW_UNREACHABLE',
      site.path,
      `The task ${site.name} is never reached.`,
      'an earlier task ends the list or jumps over it; let a "then" name it, or take it out',
    );
  }
}

/** Whether the task after this one may follow it without a `then` that says so. */
function goesOn({ task, kind }: TaskSite): boolean {
  if (task['if'] !== undefined) return true;
  if (kind === 'raise') return false;
  if (kind === 'switch' && casesOf(task).some(({ body }) => body['when'] === undefined)) return false;
  return task['then'] === undefined;
}
