import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { pawlOf } from '../contract-read.ts';
import type { TaskKind } from '../document.ts';
import type { ExpressionPlace } from '../scope.ts';
import { defaultNames } from '../scope.ts';
import { isOwnText, programOf } from '../program-task.ts';
import { member } from '../member.ts';
import { errorName, foreachNames, foreachOf, loopNames } from './sites.ts';
import type { Sites, TaskSite } from './sites.ts';

/** A text that is, or may hold, an expression. */
export interface TextSite {
  readonly path: string;
  readonly text: string;
  /** A field that only takes expressions, or a value in which `${ }` marks them. */
  readonly form: 'expression' | 'value';
  readonly place: ExpressionPlace;
  /** Variables that tasks bind here. */
  readonly names: readonly string[];
}

/** Everything of a document that may hold an expression. */
export function* textsOf(document: JsonObject, sites: Sites): Generator<TextSite> {
  yield* documentTexts(document, sites);
  for (const site of sites.tasks) {
    yield* commonTexts(site);
    yield* bodyTexts(site);
  }
}

type Where = Pick<TextSite, 'place' | 'names'>;

function* documentTexts(document: JsonObject, sites: Sites): Generator<TextSite> {
  const none: readonly string[] = [];
  yield* transform(document['input'], '/input', 'from', { place: 'runInput', names: none });
  yield* transform(document['output'], '/output', 'as', { place: 'runOutput', names: none });
  if (isObject(document['timeout'])) yield* values(document['timeout'], '/timeout', { place: 'runInput', names: none });
  const start = member(pawlOf(document['document'] as JsonObject), 'start');
  yield* expression(start, '/document/metadata/pawl/start', 'key', { place: 'start', names: none });
  yield* strategy(member(document['schedule'], 'on'), '/schedule/on', { place: 'start', names: none });
  const use = document['use'];
  const body: Where = { place: 'body', names: none };
  for (const kind of ['errors', 'timeouts', 'authentications']) yield* values(member(use, kind), `/use/${kind}`, body);
  const retries = member(use, 'retries');
  const catchers = Map.groupBy(sites.tasks, ({ task }) => member(task['catch'], 'retry'));
  for (const name of isObject(retries) ? Object.keys(retries) : []) {
    const names = new Set([defaultNames.as, ...(catchers.get(name) ?? []).map(({ task }) => errorName(task))]);
    yield* retry(member(retries, name), `/use/retries${pointerSegment(name)}`, { place: 'body', names: [...names] });
  }
  const extensions = member(use, 'extensions');
  for (const [index, item] of (Array.isArray(extensions) ? (extensions as readonly JsonObject[]) : []).entries()) {
    for (const name of Object.keys(item))
      yield* expression(item[name], `/use/extensions/${index}${pointerSegment(name)}`, 'when', {
        place: 'before',
        names: none,
      });
  }
}

function* commonTexts({ task, path, names }: TaskSite): Generator<TextSite> {
  yield* expression(task, path, 'if', { place: 'before', names });
  yield* transform(task['input'], `${path}/input`, 'from', { place: 'before', names });
  yield* transform(task['output'], `${path}/output`, 'as', { place: 'body', names });
  yield* transform(task['export'], `${path}/export`, 'as', { place: 'export', names });
  if (isObject(task['timeout'])) yield* values(task['timeout'], `${path}/timeout`, { place: 'body', names });
  yield* values(member(pawlOf(task), 'key'), `${path}/metadata/pawl/key`, { place: 'body', names });
}

/** Members whose strings are values, by kind of task. */
const valueMembers: Readonly<Record<string, string>> = {
  call: 'with',
  emit: 'emit',
  run: 'run',
  set: 'set',
  wait: 'wait',
};

function* bodyTexts(site: TaskSite): Generator<TextSite> {
  const { task, path, kind, names } = site;
  const body: Where = { place: 'body', names };
  const valued = valueMembers[kind];
  if (valued !== undefined)
    yield* values(withoutOwnText(withoutForeach(task[valued], kind), task), `${path}/${valued}`, body);
  switch (kind) {
    case 'raise':
      if (isObject(member(task['raise'], 'error')))
        yield* values(member(task['raise'], 'error'), `${path}/raise/error`, body);
      break;
    case 'for':
      yield* transform(task['for'], `${path}/for`, 'in', body);
      yield* expression(task, path, 'while', { ...body, names: [...names, ...loopNames(task)] });
      break;
    case 'switch':
      for (const [index, item] of (task['switch'] as readonly JsonObject[]).entries()) {
        for (const name of Object.keys(item))
          yield* expression(item[name], `${path}/switch/${index}${pointerSegment(name)}`, 'when', body);
      }
      break;
    case 'try':
      yield* catchTexts(task['catch'], `${path}/catch`, { ...body, names: [...names, errorName(task)] });
      break;
    case 'listen':
      yield* strategy(member(task['listen'], 'to'), `${path}/listen/to`, body);
      break;
    default:
  }
  const found = foreachOf(task, kind);
  if (found === undefined) return;
  const each = { ...body, names: [...names, ...foreachNames(found.foreach)] };
  yield* transform(found.foreach['output'], `${path}${found.path}/output`, 'as', each);
  yield* transform(found.foreach['export'], `${path}${found.path}/export`, 'as', { ...each, place: 'export' });
}

/** The arguments of a call without the tasks for each message of a subscription, which are sites of their own. */
function withoutForeach(value: Json | undefined, kind: TaskKind): Json | undefined {
  const subscription = kind === 'call' ? member(value, 'subscription') : undefined;
  if (!isObject(value) || !isObject(subscription)) return value;
  const { foreach: _, ...rest } = subscription;
  return { ...value, subscription: rest };
}

/** A program without its own text, in which `${ }` is not ours. */
function withoutOwnText(value: Json | undefined, task: JsonObject): Json | undefined {
  const program = programOf(task);
  if (program === undefined || !isObject(value)) return value;
  const { kind, given, text } = program;
  const { [text]: own, ...rest } = given;
  return typeof own === 'string' && isOwnText(own) ? { ...value, [kind]: rest } : value;
}

function* catchTexts(caught: Json | undefined, path: string, where: Where): Generator<TextSite> {
  yield* expression(caught, path, 'when', where);
  yield* expression(caught, path, 'exceptWhen', where);
  yield* retry(member(caught, 'retry'), `${path}/retry`, where);
}

function* retry(policy: Json | undefined, path: string, where: Where): Generator<TextSite> {
  if (!isObject(policy)) return;
  yield* expression(policy, path, 'when', where);
  yield* expression(policy, path, 'exceptWhen', where);
  for (const name of ['delay', 'backoff', 'limit', 'jitter']) yield* values(policy[name], `${path}/${name}`, where);
}

function* strategy(to: Json | undefined, path: string, where: Where): Generator<TextSite> {
  if (!isObject(to)) return;
  for (const kind of ['all', 'any', 'one']) {
    const filters = kind === 'one' ? [to[kind]] : ((to[kind] ?? []) as readonly Json[]);
    for (const [index, filter] of filters.entries())
      yield* eventFilter(filter, kind === 'one' ? `${path}/one` : `${path}/${kind}/${index}`, where);
  }
  if (typeof to['until'] === 'string') yield* expression(to, path, 'until', where);
  else yield* strategy(to['until'], `${path}/until`, where);
}

function* eventFilter(filter: Json | undefined, path: string, where: Where): Generator<TextSite> {
  yield* values(member(filter, 'with'), `${path}/with`, where);
  const correlate = member(filter, 'correlate');
  for (const name of isObject(correlate) ? Object.keys(correlate) : []) {
    const at = `${path}/correlate${pointerSegment(name)}`;
    yield* expression(member(correlate, name), at, 'from', where);
    yield* values(member(member(correlate, name), 'expect'), `${at}/expect`, where);
  }
}

/** `input.from` and its like: a text is an expression, an object a template of values. */
function* transform(owner: Json | undefined, path: string, name: string, where: Where): Generator<TextSite> {
  const value = member(owner, name);
  if (typeof value === 'string') yield* expression(owner, path, name, where);
  else yield* values(value, `${path}/${name}`, where);
}

function* expression(owner: Json | undefined, path: string, name: string, where: Where): Generator<TextSite> {
  const text = member(owner, name);
  if (typeof text === 'string') yield { ...where, path: `${path}/${name}`, text, form: 'expression' };
}

/** All texts within a value. The nesting of a document is bounded, so this may recurse. */
function* values(value: Json | undefined, path: string, where: Where): Generator<TextSite> {
  if (typeof value === 'string') {
    yield { ...where, path, text: value, form: 'value' };
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) yield* values((value as JsonObject)[key], path + pointerSegment(key), where);
  }
}
