import { invariant, PawlError } from '../errors.ts';
import { authenticationPlaces, valueAt, withValueAt } from '../flow/call-places.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Expression } from '../program/expression.ts';
import { evaluate, evaluateTemplate } from '../program/expression.ts';
import { fault, FlowFault, shown } from '../program/fault.ts';
import type { ActionBody, CompiledFlow, TaskCommon } from '../program/nodes.ts';
import { isActionCall } from '../program/nodes.ts';
import { expandUriTemplate } from '../program/uri.ts';
import type { ActionRequest, Hash } from '../ports.ts';
import { evaluateWithSecrets, namesSecrets } from '../secrets/arguments.ts';
import { marksIn } from '../secrets/marks.ts';
import { frameOf } from '../state/frames.ts';
import type { EffectState, Frame, RunState } from '../state/state.ts';
import { scopeOf } from './machine.ts';
import { rulesOf } from './rules.ts';
import type { Scope } from './scope.ts';

/** Arguments of an action as its step gives them, ready to be hashed and sent. */
export function argumentsOf(node: TaskCommon & ActionBody, scope: Scope): JsonObject {
  const args = evaluateWithSecrets(node.args, scope.input, scope, scope.flow.secrets);
  if (!isObject(args)) throw fault('validation', `The arguments of ${node.action} must be an object.`);
  return node.uriTemplates.reduce(
    (made, place) => withValueAt(made, place, expandUriTemplate(String(valueAt(args, place)), scope.input)),
    args,
  );
}

/** The hash that freezes a request: what is sent again must have it. Who calls is no part of it: a credential may be renewed meanwhile. */
export function requestHash(action: string, args: JsonObject, hash: Hash): string {
  return hash.sha256(JSON.stringify([action, withoutAuthentication(action, args)]));
}

function withoutAuthentication(action: string, args: JsonObject): JsonObject {
  return authenticationPlaces(action).reduce((rest, place) => withValueAt(rest, place, undefined), args);
}

/** The natural key of a step, as it stands. */
export function naturalKey(node: TaskCommon, scope: Scope): string | undefined {
  const { key } = node.contract;
  if (key === undefined) return undefined;
  const value = evaluateTemplate(key, scope.input, scope);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !isKey(text))
    throw fault(
      'validation',
      `The key of ${node.name} must be a string or number of 1 to 255 printable ASCII characters, but is ${shown(value)}.`,
    );
  return text;
}

/** Whether a text can be a key: 1 to 255 printable ASCII characters. */
export function isKey(text: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(text);
}

/**
 * The request of a pending attempt. It is built again from the state, with the first attempt's time, and must have the
 * frozen hash: `decide` has seen to that before it started the attempt.
 */
export function requestOf(state: RunState, flow: CompiledFlow, frameId: number): ActionRequest {
  const frame = frameOf(state, frameId);
  const node = flow.nodes.get(frame.step);
  const { effect } = frame;
  invariant(node !== undefined && isActionCall(node) && effect !== undefined, `frame ${frameId} calls no action`);
  const args = preparedArguments(effect) ?? argumentsOf(node, scopeOf(state, flow, frame, effect.firstAt));
  return {
    action: node.action,
    args,
    ...(namesSecrets(node.args) ? secretsOf(args) : {}),
    guarantee: effect.guarantee,
    ...(node.contract.guarantee === undefined ? {} : { declared: true as const }),
    key: effect.key,
    ...(node.contract.keyIn === undefined ? {} : { keyIn: node.contract.keyIn }),
    attempt: effect.attempts,
    run: state.id,
    step: frame.step,
    ...(node.rules === undefined ? {} : { rules: rulesOf(node.rules, scopeOf(state, flow, frame, effect.firstAt)) }),
    flow: { namespace: flow.namespace, name: flow.name },
  };
}

/** The secrets whose marks are in the arguments: there are none but those that the program put there. */
function secretsOf(args: JsonObject): { readonly secrets?: readonly string[] } {
  const names = new Set(marksIn(args).map(([name]) => name));
  return names.size === 0 ? {} : { secrets: [...names] };
}

/** Arguments that were evaluated for the intent, kept until the attempt is sent, so that they are not evaluated twice. */
const prepared = new WeakMap<EffectState, JsonObject>();

/** Keeps the arguments that were evaluated for an intent. */
export function prepare(frame: Frame, args: JsonObject): void {
  if (frame.effect !== undefined) prepared.set(frame.effect, args);
}

function preparedArguments(effect: EffectState): JsonObject | undefined {
  return prepared.get(effect);
}

/** The start key of a run with this input, by the flow's contract; undefined where it names none. Throws PAWL_KEY_INVALID. */
export function startKeyOf(flow: CompiledFlow, input: Json): string | undefined {
  if (flow.start === undefined) return undefined;
  const value = startKeyValue(flow, flow.start.key, input);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && isKey(text)) return text;
  throw new PawlError(
    'PAWL_KEY_INVALID',
    `The start key of ${flow.name} must be a string or number of 1 to 255 printable ASCII characters, but is ${shown(value)}.`,
  );
}

function startKeyValue(flow: CompiledFlow, key: Expression, input: Json): Json {
  try {
    return evaluate(key, input, { get: () => null, now: 0 });
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    throw new PawlError(
      'PAWL_KEY_INVALID',
      `The start key of ${flow.name} cannot be made from this input. ${error.message}`,
      { cause: error },
    );
  }
}
