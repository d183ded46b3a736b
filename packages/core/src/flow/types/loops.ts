import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { pawlOf } from '../contract-read.ts';
import { foreachNames, foreachOf, loopNames } from '../lint/sites.ts';
import { member } from '../member.ts';
import { readAll } from './access.ts';
import { condition, templateShape, transformed } from './evaluate.ts';
import { typeLimits } from './limits.ts';
import { walkList } from './lists.ts';
import type { Shape } from './shape.ts';
import { alternatives, anyShape, arrayOf, exactObject, joined, numberShape } from './shape.ts';
import type { BodyScope, Place, State, Walk } from './walk.ts';
import { joinedStates, sameStates, unknownState } from './walk.ts';

/** A loop: what an iteration gives is what the next one gets. */
export function walkFor(walk: Walk, scope: BodyScope): State | undefined {
  const { site, state, at } = scope;
  const items = transformed(walk, member(site.task['for'], 'in'), at('/for/in')) ?? anyShape;
  const batch = member(pawlOf(site.task), 'batch') !== undefined;
  const item = batch ? anyShape : itemOf(items);
  const [each, index] = loopNames(site.task);
  const names = new Map(scope.names).set(each, item).set(index, numberShape);
  if (!batch) return following(walk, scope, names, state);
  // Each page has the input of the batch; only the context goes from one to the next.
  const before = walk.exported.length;
  iterate(walk, scope, names, { ...state, context: anyShape });
  const context = walk.exported.length > before ? anyShape : state.context;
  return { value: exactObject({ rows: numberShape, pages: numberShape }, 'a batch'), context };
}

/** A few times round, until nothing new comes about; where that does not help, nothing is known of the running value. */
function following(walk: Walk, scope: BodyScope, names: ReadonlyMap<string, Shape>, from: State): State {
  let running = from;
  const kept = walk.findings.length;
  if (walk.loops < typeLimits.loops) {
    for (let round = 0; round < 2; round++) {
      const end = iterate(walk, scope, names, running);
      const next = joinedStates(running, end) ?? running;
      if (sameStates(next, running)) return running;
      walk.findings.length = kept;
      running = next;
    }
  }
  iterate(walk, scope, names, unknownState);
  return unknownState;
}

function iterate(walk: Walk, scope: BodyScope, names: ReadonlyMap<string, Shape>, state: State): State | undefined {
  const variables = new Map([...scope.variables, ...names]).set('context', walk.extended ? anyShape : state.context);
  walk.loops++;
  condition(walk, scope.site.task['while'], { ...scope.at('/while'), dot: state.value, variables });
  const end = walkList(walk, `${scope.site.path}/do`, state, names);
  walk.loops--;
  return end;
}

function itemOf(items: Shape): Shape {
  const arrays = alternatives(items)?.filter(({ kind }) => kind === 'array');
  return arrays === undefined ? anyShape : readAll(joined(...arrays)).shape;
}

/** Of events nothing is known but what the flow itself says. */
export function walkListen(walk: Walk, scope: BodyScope): State {
  const strategyAt = { ...scope.at('/listen/to'), dot: anyShape };
  walkStrategy(walk, member(scope.site.task['listen'], 'to'), strategyAt);
  const context = walkForeach(walk, scope);
  return { value: arrayOf(anyShape), context };
}

/** The tasks for each event or message. Gives the context after them. */
export function walkForeach(walk: Walk, { site, state, names, variables, at }: BodyScope): Shape {
  const found = foreachOf(site.task, site.kind);
  if (found === undefined) return state.context;
  const before = walk.exported.length;
  const [item, index] = foreachNames(found.foreach);
  const bound = new Map(names).set(item, anyShape).set(index, numberShape);
  walkList(walk, `${site.path}${found.path}/do`, unknownState, bound);
  const unknown = new Map([...variables, ...bound]).set('context', anyShape).set('output', anyShape);
  for (const [name, path] of [
    ['output', '/output/as'],
    ['export', '/export/as'],
  ] as const) {
    const place = { ...at(`${found.path}${path}`), dot: anyShape, variables: unknown };
    const made = transformed(walk, member(found.foreach[name], 'as'), place);
    if (made !== undefined && name === 'export') walk.exported.push(anyShape);
  }
  return walk.exported.length > before ? anyShape : state.context;
}

function walkStrategy(walk: Walk, to: Json | undefined, place: Place): void {
  if (!isObject(to)) return;
  const below = (path: string): Place => ({ ...place, path: `${place.path}${path}` });
  if (to['one'] !== undefined) walkFilter(walk, to['one'], below('/one'));
  for (const kind of ['all', 'any'])
    for (const [index, filter] of ((to[kind] ?? []) as readonly Json[]).entries())
      walkFilter(walk, filter, below(`/${kind}/${index}`));
  const { until } = to;
  if (typeof until === 'string') condition(walk, until, { ...below('/until'), dot: arrayOf(anyShape) });
  else walkStrategy(walk, until, below('/until'));
}

function walkFilter(walk: Walk, filter: Json, place: Place): void {
  const attributes = member(filter, 'with');
  if (attributes !== undefined) templateShape(walk, attributes, { ...place, path: `${place.path}/with` });
  const correlate = member(filter, 'correlate');
  for (const [name, one] of Object.entries(isObject(correlate) ? correlate : ({} as JsonObject))) {
    const path = `${place.path}/correlate${pointerSegment(name)}`;
    transformed(walk, member(one, 'from'), { ...place, path: `${path}/from` });
    const expected = member(one, 'expect');
    if (expected !== undefined) templateShape(walk, expected, { ...place, path: `${path}/expect` });
  }
}
