import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { askAction, askOutput } from '../ask.ts';
import { member } from '../member.ts';
import { isOwnText, programOf } from '../program-task.ts';
import { templateShape } from './evaluate.ts';
import { programOutputs, responseShape } from './known.ts';
import { walkForeach } from './loops.ts';
import { shapeOfSchema } from './schema-shape.ts';
import { anyShape, stringShape } from './shape.ts';
import type { Shape } from './shape.ts';
import type { BodyScope, FunctionEnd, State, Walk } from './walk.ts';
import { joinedStates, unknownState } from './walk.ts';

/** A call of an action or a function. */
export function walkCall(walk: Walk, scope: BodyScope): State | undefined {
  const { site, at } = scope;
  const called = String(site.task['call']);
  const given = site.task['with'] ?? {};
  templateShape(walk, withoutForeach(given), at('/with'));
  const context = walkForeach(walk, scope);
  if (walk.functions.has(called)) {
    const { output, exports } = functionEnd(walk, called);
    if (exports) walk.exported.push(anyShape);
    return output === undefined ? undefined : { value: output, context: exports ? anyShape : context };
  }
  return { value: actionOutput(walk, called.replace(/@default$/, '').replace(/:[0-9][^:@]*$/, ''), given), context };
}

/** What a function gives, whatever it is called with; one that is being looked at may give anything. */
export function functionEnd(walk: Walk, name: string): FunctionEnd {
  const known = walk.functionEnds.get(name);
  const site = walk.functions.get(name);
  if (known === 'open' || site === undefined) return { output: anyShape, exports: true };
  if (known !== undefined) return known;
  walk.functionEnds.set(name, 'open');
  const before = walk.exported.length;
  const { state, targets, skipped } = walk.task(walk, site, unknownState, new Map());
  if (state !== undefined && targets.has('end')) walk.ended = joinedStates(walk.ended, state);
  const done = joinedStates(skipped, [...targets].every((target) => target === 'end') ? undefined : state);
  const end = { output: done?.value, exports: walk.exported.length > before };
  walk.functionEnds.set(name, end);
  return end;
}

function actionOutput(walk: Walk, action: string, given: Json): Shape {
  const wanted = member(given, 'output');
  if ((action === 'http' || action === 'openapi') && wanted !== undefined && wanted !== 'content') {
    if (wanted === 'response') return responseShape;
    return wanted === 'raw' ? stringShape : anyShape;
  }
  const output = action === askAction.name ? askOutput(member(given, 'form')) : walk.catalog?.describe(action)?.output;
  return output === undefined ? anyShape : shapeOfSchema(output, `the action \`${action}\``);
}

/** A program, or another flow. */
export function walkRun(walk: Walk, { site, state, at }: BodyScope): State {
  const run: JsonObject = isObject(site.task['run']) ? site.task['run'] : {};
  const program = programOf(site.task);
  templateShape(walk, program === undefined ? run : { ...run, [program.kind]: withoutOwnText(program) }, at('/run'));
  if (run['await'] === false) return state;
  if (program === undefined) return { ...state, value: anyShape };
  const wanted = run['return'] ?? 'stdout';
  return { ...state, value: (typeof wanted === 'string' ? programOutputs[wanted] : undefined) ?? anyShape };
}

/** The arguments without the tasks for each message, which are looked at as tasks. */
function withoutForeach(given: Json): Json {
  const subscription = member(given, 'subscription');
  if (!isObject(given) || !isObject(subscription)) return given;
  const { foreach: _, ...rest } = subscription;
  return { ...given, subscription: rest };
}

/** In the text of a program `${ }` means something else. */
function withoutOwnText({ given, text }: { readonly given: JsonObject; readonly text: string }): JsonObject {
  const { [text]: own, ...rest } = given;
  return typeof own === 'string' && isOwnText(own) ? rest : given;
}
