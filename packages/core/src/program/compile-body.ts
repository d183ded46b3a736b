import { PawlError } from '../errors.ts';
import { authenticationPlaces, endpointPlaces, valueAt, withValueAt } from '../flow/call-places.ts';
import type { Place } from '../flow/call-places.ts';
import { scanText } from '../flow/expression-text.ts';
import { placeVariables, defaultNames } from '../flow/scope.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { limits } from '../limits.ts';
import { policyWithSecrets } from '../secrets/policies.ts';
import type { Compiling, PlaceIn } from './compiling.ts';
import { defined, objectAt, resolveThen } from './compiling.ts';
import { isAsk } from '../flow/ask.ts';
import { compileAsk } from './compile-ask.ts';
import { compileChild, compileEmit, compileListen } from './compile-events.ts';
import { compileRun } from './compile-run.ts';
import { compileSubscription, withoutRules } from './compile-subscription.ts';
import { compileDuration } from './durations.ts';
import type { Expression, Template } from './expression.ts';
import { compileField, compileTemplate } from './expression.ts';
import type { RetryPolicy, SwitchCase, TaskBody } from './nodes.ts';

/** Compiles the part of a task that its kind decides. */
export function compileBody(c: Compiling, task: JsonObject, names: readonly string[], place: PlaceIn): TaskBody {
  const variables = [...placeVariables.body, ...place.names];
  const at = place.pointer;
  if (isAsk(c.document, task['call'])) return compileAsk(task, variables, at);
  if (task['call'] !== undefined) return compileCall(c, task, variables, place);
  if (task['set'] !== undefined) return { kind: 'set', value: compileTemplate(task['set'], variables, `${at}/set`) };
  if (task['for'] !== undefined) return compileFor(c, task, place, variables);
  if (task['try'] !== undefined) return compileTry(c, task, names, place, variables);
  if (task['switch'] !== undefined)
    return { kind: 'switch', cases: compileCases(task['switch'], names, variables, at) };
  if (task['raise'] !== undefined) return { kind: 'raise', error: compileRaise(c, task, variables, at) };
  if (task['wait'] !== undefined)
    return { kind: 'wait', duration: compileDuration(task['wait'], variables, `${at}/wait`) };
  if (task['do'] !== undefined) return { kind: 'do', list: c.list(task['do'], { ...place, pointer: `${at}/do` }) };
  if (task['fork'] !== undefined) return compileFork(c, task, place);
  const program = compileRun(c, task, variables, at);
  if (program !== undefined) return program;
  if (task['emit'] !== undefined) return compileEmit(task, variables, at);
  if (task['listen'] !== undefined) return compileListen(c, task, variables, place);
  if (task['run'] !== undefined) return compileChild(task, variables, at);
  throw new PawlError('PAWL_FLOW_INVALID', `The task at ${at} has no kind that Pawl knows.`);
}

function compileCall(c: Compiling, task: JsonObject, variables: readonly string[], place: PlaceIn): TaskBody {
  const at = place.pointer;
  const called = String(task['call']);
  const given = withAuthentication(c, called, task['with'] ?? {});
  const args = compileTemplate(withoutRules(called, given), variables, `${at}/with`);
  if (objectAt(c.use, 'functions')[called] !== undefined) return { kind: 'call', functionName: called, args };
  const action = actionName(called);
  const description = c.catalog.describe(action);
  if (description === undefined)
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The task at ${at} calls \`${called}\`, and there is no such action or function.`,
    );
  return {
    ...{ kind: 'call', action, description, args, uriTemplates: uriTemplatesOf(action, given) },
    ...compileSubscription(c, { called, args: given, description }, variables, place),
  };
}

/** The arguments with the policies of `use.authentications` that they name put in their places. */
function withAuthentication(c: Compiling, called: string, args: Json): Json {
  if (!isObject(args)) return args;
  let resolved = args;
  for (const place of authenticationPlaces(called)) {
    const given = valueAt(args, place);
    if (given === undefined) continue;
    const name = isObject(given) ? given['use'] : undefined;
    const policy = typeof name === 'string' ? objectAt(c.use, 'authentications')[name] : given;
    if (policy === undefined)
      throw new PawlError(
        'PAWL_FLOW_INVALID',
        `There is no authentication \`${String(name)}\` in \`use.authentications\`.`,
      );
    resolved = withValueAt(resolved, place, policyWithSecrets(policy));
  }
  return resolved;
}

/** Where addresses of a call are URI templates: as literals. What an expression gives is never expanded. */
function uriTemplatesOf(action: string, args: Json): readonly Place[] {
  return endpointPlaces(action)
    .flatMap((place) => [place, [...place, 'uri']])
    .filter((place) => isLiteral(valueAt(args, place)));
}

function isLiteral(value: Json | undefined): boolean {
  return typeof value === 'string' && scanText(value).kind === 'literal';
}

/** The action behind `name`, `name:1.0.0` or `name:1.0.0@default`. */
function actionName(called: string): string {
  return called.replace(/@default$/, '').replace(/:[0-9][^:@]*$/, '');
}

function compileFor(c: Compiling, task: JsonObject, place: PlaceIn, variables: readonly string[]): TaskBody {
  const loop = objectAt(task, 'for');
  const each = String(loop['each'] ?? defaultNames.each);
  const index = String(loop['at'] ?? defaultNames.at);
  const at = place.pointer;
  const inside = [...place.names, each, index];
  const items: Template =
    typeof loop['in'] === 'string'
      ? { kind: 'expression', expression: compileField(loop['in'], variables, `${at}/for/in`) }
      : compileTemplate(loop['in'] ?? null, variables, `${at}/for/in`);
  return {
    kind: 'for',
    each,
    at: index,
    items,
    list: c.list(task['do'], { ...place, pointer: `${at}/do`, names: inside }),
    ...defined('condition', fieldOf(task['while'], [...placeVariables.body, ...inside], `${at}/while`)),
  };
}

function compileFork(c: Compiling, task: JsonObject, place: PlaceIn): TaskBody {
  const fork = objectAt(task, 'fork');
  const { branches } = fork;
  if (Array.isArray(branches) && branches.length > limits.forkBranches) {
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The fork at ${place.pointer} has ${branches.length} branches; at most ${limits.forkBranches} can run side by side.`,
    );
  }
  return {
    kind: 'fork',
    compete: fork['compete'] === true,
    branches: c.branches(branches, { ...place, pointer: `${place.pointer}/fork/branches` }),
  };
}

function compileTry(
  c: Compiling,
  task: JsonObject,
  names: readonly string[],
  place: PlaceIn,
  variables: readonly string[],
): TaskBody {
  const at = place.pointer;
  const caught = objectAt(task, 'catch');
  const as = String(caught['as'] ?? defaultNames.as);
  const inside = [...place.names, as];
  const withError = [...variables, as];
  const filter = objectAt(caught, 'errors')['with'];
  return {
    kind: 'try',
    as,
    list: c.list(task['try'], { ...place, pointer: `${at}/try` }),
    ...defined('filter', isObject(filter) ? filter : undefined),
    ...defined('when', fieldOf(caught['when'], withError, `${at}/catch/when`)),
    ...defined('exceptWhen', fieldOf(caught['exceptWhen'], withError, `${at}/catch/exceptWhen`)),
    ...defined('retry', compileRetry(c, caught['retry'], withError, `${at}/catch/retry`)),
    ...defined(
      'caught',
      caught['do'] === undefined
        ? undefined
        : c.list(caught['do'], { ...place, pointer: `${at}/catch/do`, names: inside }),
    ),
    ...defined(
      'caughtThen',
      caught['then'] === undefined ? undefined : resolveThen(caught['then'], names, `${at}/catch`),
    ),
  };
}

function compileRetry(
  c: Compiling,
  retry: Json | undefined,
  variables: readonly string[],
  at: string,
): RetryPolicy | undefined {
  if (retry === undefined) return undefined;
  const policy = typeof retry === 'string' ? objectAt(c.use, 'retries')[retry] : retry;
  if (!isObject(policy)) throw new PawlError('PAWL_FLOW_INVALID', `The retry policy at ${at} is not defined.`);
  const [backoff = 'constant', details] = Object.entries(objectAt(policy, 'backoff'))[0] ?? [];
  const shape = isObject(details) ? details : {};
  const limit = objectAt(policy, 'limit');
  const attempt = objectAt(limit, 'attempt');
  const duration = (value: Json | undefined, name: string) =>
    value === undefined ? undefined : compileDuration(value, variables, `${at}/${name}`);
  const jitter = policy['jitter'];
  return {
    backoff: backoff as RetryPolicy['backoff'],
    factor: typeof shape['factor'] === 'number' ? shape['factor'] : 2,
    ...defined('when', fieldOf(policy['when'], variables, `${at}/when`)),
    ...defined('exceptWhen', fieldOf(policy['exceptWhen'], variables, `${at}/exceptWhen`)),
    ...defined('delay', duration(policy['delay'], 'delay')),
    ...defined('max', duration(shape['max'], 'backoff/max')),
    ...defined('count', typeof attempt['count'] === 'number' ? attempt['count'] : undefined),
    ...defined('attemptDuration', duration(attempt['duration'], 'limit/attempt/duration')),
    ...defined('duration', duration(limit['duration'], 'limit/duration')),
    ...(isObject(jitter)
      ? {
          jitter: {
            from: compileDuration(jitter['from'] ?? null, variables, at),
            to: compileDuration(jitter['to'] ?? null, variables, at),
          },
        }
      : {}),
  };
}

function compileCases(
  cases: Json,
  names: readonly string[],
  variables: readonly string[],
  at: string,
): readonly SwitchCase[] {
  if (!Array.isArray(cases)) throw new PawlError('PAWL_FLOW_INVALID', `The switch at ${at} must have a list of cases.`);
  return cases.map((item: Json, i) => {
    const [one] = isObject(item) ? Object.values(item) : [];
    if (!isObject(one)) throw new PawlError('PAWL_FLOW_INVALID', `There must be one named case at ${at}/switch/${i}.`);
    return {
      then: resolveThen(one['then'], names, at),
      ...defined('when', fieldOf(one['when'], variables, `${at}/switch/${i}`)),
    };
  });
}

function compileRaise(c: Compiling, task: JsonObject, variables: readonly string[], at: string): Template {
  const { error } = objectAt(task, 'raise');
  const definition = typeof error === 'string' ? objectAt(c.use, 'errors')[error] : error;
  if (!isObject(definition)) throw new PawlError('PAWL_FLOW_INVALID', `The error at ${at}/raise is not defined.`);
  return compileTemplate(definition, variables, `${at}/raise/error`);
}

function fieldOf(text: Json | undefined, variables: readonly string[], where: string): Expression | undefined {
  return typeof text === 'string' ? compileField(text, variables, where) : undefined;
}
