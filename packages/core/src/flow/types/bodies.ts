import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { errorName } from '../lint/sites.ts';
import { member } from '../member.ts';
import { walkCall, walkRun } from './calling.ts';
import { condition, templateShape } from './evaluate.ts';
import { errorShape } from './known.ts';
import { walkBranches, walkList } from './lists.ts';
import { walkFor, walkListen } from './loops.ts';
import type { Field, Shape } from './shape.ts';
import { alternatives, anyShape, arrayOf, joined, objectOf, stringShape } from './shape.ts';
import type { BodyEnd, BodyScope, State, Walk } from './walk.ts';
import { joinedStates } from './walk.ts';

/** Follows the data through what the kind of a task decides. */
export function walkBody(walk: Walk, scope: BodyScope): BodyEnd {
  const { site, state, names, at } = scope;
  const { task, path, kind } = site;
  switch (kind) {
    case 'set':
      return giving(state, templateShape(walk, task['set'] ?? null, at('/set')));
    case 'do':
      return { state: walkList(walk, `${path}/do`, state, names) };
    case 'switch':
      return walkSwitch(walk, scope);
    case 'for':
      return { state: walkFor(walk, scope) };
    case 'fork':
      return { state: walkFork(walk, scope) };
    case 'try':
      return walkTry(walk, scope);
    case 'raise':
      if (isObject(member(task['raise'], 'error')))
        templateShape(walk, member(task['raise'], 'error') ?? null, at('/raise/error'));
      return { state: undefined };
    case 'wait':
      templateShape(walk, task['wait'] ?? null, at('/wait'));
      return { state };
    case 'emit':
      return giving(state, eventShape(walk, scope));
    case 'listen':
      return { state: walkListen(walk, scope) };
    case 'call':
      return { state: walkCall(walk, scope) };
    case 'run':
      return { state: walkRun(walk, scope) };
  }
}

function giving(state: State, value: Shape): BodyEnd {
  return { state: { ...state, value } };
}

function walkSwitch(walk: Walk, { site, state, at }: BodyScope): BodyEnd {
  const targets: string[] = [];
  let decided = false;
  for (const [index, item] of (site.task['switch'] as readonly JsonObject[]).entries()) {
    for (const name of Object.keys(item)) {
      const one = item[name];
      condition(walk, member(one, 'when'), at(`/switch/${index}${pointerSegment(name)}/when`));
      if (member(one, 'when') === undefined) decided = true;
      targets.push(textOf(member(one, 'then')));
    }
  }
  if (!decided) targets.push(textOf(site.task['then']));
  return { state, targets };
}

function textOf(target: Json | undefined): string {
  return typeof target === 'string' ? target : 'continue';
}

/** What the exports of several branches make of the context is not followed. */
function walkFork(walk: Walk, { site, state, names }: BodyScope): State | undefined {
  const before = walk.exported.length;
  const ends = walkBranches(walk, `${site.path}/fork/branches`, state, names);
  const context = walk.exported.length > before ? anyShape : state.context;
  if (walk.exported.length > before) walk.exported.push(anyShape);
  const done = ends.filter((end) => end !== undefined);
  const value = joined(...done.map((end) => end.value));
  if (member(site.task['fork'], 'compete') === true) return done.length === 0 ? undefined : { value, context };
  return done.length < ends.length ? undefined : { value: arrayOf(value), context };
}

/** A `catch` begins with the input of the `try`, and with any context that the list may have left behind. */
function walkTry(walk: Walk, scope: BodyScope): BodyEnd {
  const { site, state, names, variables, at } = scope;
  const { task, path } = site;
  const before = walk.exported.length;
  const tried = walkList(walk, `${path}/try`, state, names);
  const caught: JsonObject = isObject(task['catch']) ? task['catch'] : {};
  const bound = new Map(names).set(errorName(task), errorShape);
  const withError = new Map(variables).set(errorName(task), errorShape);
  catchConditions(walk, caught, { ...scope, variables: withError });
  const context = joined(state.context, ...walk.exported.slice(before));
  const own = textOf(task['then']);
  const then = caught['then'];
  const rescued = Array.isArray(caught['do'])
    ? walkList(walk, `${path}/catch/do`, { value: state.value, context }, bound)
    : { value: state.value, context };
  const givesUp = caught['do'] === undefined && then === undefined && caught['retry'] !== undefined;
  const after = givesUp ? undefined : rescued;
  const retry = caught['retry'];
  if (isObject(retry)) {
    for (const name of ['delay', 'backoff', 'limit', 'jitter']) {
      const place = { ...at(`/catch/retry/${name}`), variables: withError };
      templateShape(walk, retry[name] ?? null, place);
    }
  }
  const targets = [...(tried === undefined ? [] : [own]), ...(after === undefined ? [] : [textOf(then ?? own)])];
  return { state: joinedStates(tried, after), targets };
}

function catchConditions(walk: Walk, caught: JsonObject, { variables, at }: BodyScope): void {
  for (const [owner, path] of [
    [caught, '/catch'],
    [caught['retry'], '/catch/retry'],
  ] as const) {
    for (const name of ['when', 'exceptWhen'])
      condition(walk, member(owner, name), { ...at(`${path}/${name}`), dot: errorShape, variables });
  }
}

/** The event as it is published: attributes that may be null may be left out. */
function eventShape(walk: Walk, { site, at }: BodyScope): Shape {
  const attributes = member(member(site.task['emit'], 'event'), 'with');
  const given = templateShape(walk, attributes ?? {}, at('/emit/event/with'));
  const fields = new Map<string, Field>();
  for (const name of ['specversion', 'id', 'source', 'time', 'type'])
    fields.set(name, { shape: stringShape, optional: false });
  const [object] = alternatives(given) ?? [];
  if (object?.kind !== 'object') return anyShape;
  for (const [name, field] of object.fields) fields.set(name, { shape: field.shape, optional: name !== 'data' });
  return objectOf(fields, object.others, `the event of ${at('').origin}`);
}
