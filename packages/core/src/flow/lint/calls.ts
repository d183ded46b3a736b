import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ActionDescription } from '../../ports.ts';
import { compileSchema } from '../../schema/index.ts';
import type { SchemaProblem, Validator } from '../../schema/index.ts';
import { askAction, isAsk } from '../ask.ts';
import { endpointPlaces, valueAt } from '../call-places.ts';
import { scanText } from '../expression-text.ts';
import { catalogFunction } from '../external.ts';
import { programOf } from '../program-task.ts';
import { protocols } from '../schema/tasks.ts';
import { templateNames } from '../uri-template.ts';
import { nearestHint } from './nearest.ts';
import { used } from './references.ts';
import { refuse, refuseToRun, warn } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** What is called exists, and its arguments are right as far as they are constants. */
export function lintCalls(lint: Lint): void {
  for (const site of lint.sites.tasks) {
    if (site.kind === 'run') lintProgram(lint, site);
    if (site.kind !== 'call') continue;
    const called = site.task['call'] as string;
    if (protocols.includes(called)) lintProtocol(lint, site, called);
    else if (!Object.hasOwn(used(lint.document, 'functions'), called)) lintCatalogCall(lint, site, called);
  }
}

/** The action that a call or a program reaches; undefined for functions, for protocols that are not built, and for unknown names. */
export function actionOf(lint: Lint, site: TaskSite): ActionDescription | undefined {
  const program = programOf(site.task);
  if (program !== undefined) return lint.catalog?.describe(program.action);
  const called = site.task['call'];
  if (typeof called !== 'string' || Object.hasOwn(used(lint.document, 'functions'), called)) return undefined;
  const parts = catalogFunction(called);
  return parts?.catalog !== 'default' ? undefined : lint.catalog?.describe(parts.name);
}

function lintCatalogCall(lint: Lint, site: TaskSite, called: string): void {
  const path = `${site.path}/call`;
  const parts = catalogFunction(called);
  if (parts === undefined) return lintFunctionAddress(lint, path, called);
  if (parts.catalog !== 'default') {
    const known = used(lint.document, 'catalogs');
    if (Object.hasOwn(known, parts.catalog)) {
      if (parts.version !== undefined) return;
      return refuse(
        lint,
        'PAWL_FLOW_RESOURCE',
        path,
        'A function of a catalog is called in one version, so that it never changes behind the flow.',
        `write ${parts.name}:1.0.0@${parts.catalog}`,
      );
    }
    return refuse(
      lint,
      'PAWL_FLOW_USE_UNKNOWN',
      path,
      `There is no catalog named ${parts.catalog} in use.catalogs.`,
      () => nearestHint(parts.catalog, ['default', ...Object.keys(known)]),
    );
  }
  if (lint.catalog === undefined) return;
  const action = isAsk(lint.document, called) ? askAction : lint.catalog.describe(parts.name);
  if (action === undefined) {
    const known = (): readonly string[] => [
      ...(lint.catalog?.names?.() ?? []),
      askAction.name,
      ...Object.keys(used(lint.document, 'functions')),
    ];
    return refuseToRun(
      lint,
      'PAWL_FLOW_ACTION_UNKNOWN',
      path,
      `There is no function or action named ${parts.name}.`,
      () => nearestHint(parts.name, known()),
    );
  }
  if (parts.version !== undefined && parts.version !== action.version) {
    return refuseToRun(
      lint,
      'PAWL_FLOW_ACTION_UNKNOWN',
      path,
      `The action ${parts.name} is there in version ${action.version}, not ${parts.version}.`,
      `write ${parts.name}:${action.version}`,
    );
  }
  lintArguments(lint, { args: site.task['with'] ?? {}, path: `${site.path}/with`, name: 'with', tell: refuse }, action);
}

/** A function at an address is read once, when the flow is deployed. */
function lintFunctionAddress(lint: Lint, path: string, called: string): void {
  if (/^https?:\/\/[^/\s]+\//i.test(called)) return;
  refuse(
    lint,
    'PAWL_FLOW_RESOURCE',
    path,
    `"${called}" is neither the name of a function nor the address of one.`,
    'write a name of use.functions, NAME:VERSION@CATALOG, or https://…/function.yaml',
  );
}

function lintProgram(lint: Lint, { task, path }: TaskSite): void {
  const program = programOf(task);
  const action = program === undefined ? undefined : lint.catalog?.describe(program.action);
  // What is not built yet is told by another rule.
  if (program === undefined || action === undefined || program.given['source'] !== undefined) return;
  const { kind, given } = program;
  const { lifetime: _, ...args } = given;
  lintArguments(lint, { args, path: `${path}/run/${kind}`, name: kind, tell: refuseToRun }, action);
}

const validators = new WeakMap<JsonObject, Validator | null>();

/** The arguments of an action, where they stand and what they are called there. */
interface Arguments {
  readonly args: Json;
  readonly path: string;
  readonly name: string;
  /** How a problem is told. */
  readonly tell: typeof refuse;
}

function lintArguments(lint: Lint, { args, path, name: whole, tell }: Arguments, action: ActionDescription): void {
  for (const problem of validatorOf(action)?.validate(args) ?? []) {
    if (isOpen(problem, args)) continue;
    const name = problem.path === '' ? whole : problem.path.slice(problem.path.lastIndexOf('/') + 1);
    tell(
      lint,
      'PAWL_FLOW_ACTION_INPUT',
      `${path}${problem.path}`,
      `${name} ${problem.message} (action ${action.name}).`,
      problem.hint,
    );
  }
}

function validatorOf(action: ActionDescription): Validator | null {
  const known = validators.get(action.input);
  if (known !== undefined) return known;
  const compiled = compileSchema(action.input, { lookAround: 'native' });
  validators.set(action.input, compiled.ok ? compiled.value : null);
  return compiled.ok ? compiled.value : null;
}

/** Refusals that hold whatever the expressions within a value become. */
const structural = [
  'required',
  'additionalProperties',
  'unevaluatedProperties',
  'minProperties',
  'maxProperties',
  'minItems',
  'maxItems',
];

/** Whether the value that a refusal is about depends on an expression, so that nothing is certain yet. */
function isOpen({ path, keyword }: SchemaProblem, args: Json): boolean {
  const names = path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  let value: Json | undefined = args;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) break;
    value = (value as JsonObject)[name];
  }
  if (typeof value === 'object') return !structural.includes(keyword) && holdsExpression(value);
  return holdsExpression(value);
}

function holdsExpression(value: Json | undefined): boolean {
  if (typeof value === 'string') return scanText(value).kind !== 'literal';
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => holdsExpression(member as Json));
}

/** A call of a protocol: its addresses, and what its action asks for beyond the language. */
function lintProtocol(lint: Lint, { task, path }: TaskSite, called: string): void {
  for (const place of endpointPlaces(called)) {
    const endpoint = valueAt(task['with'], place);
    const at = `${path}/with/${place.join('/')}`;
    if (isObject(endpoint)) lintAddress(lint, endpoint['uri'], `${at}/uri`);
    else lintAddress(lint, endpoint, at);
  }
  const action = called === 'http' ? undefined : lint.catalog?.describe(called);
  if (action === undefined) return;
  lintArguments(lint, { args: task['with'] ?? {}, path: `${path}/with`, name: 'with', tell: refuseToRun }, action);
}

function lintAddress(lint: Lint, uri: Json | undefined, at: string): void {
  if (typeof uri !== 'string' || scanText(uri).kind !== 'literal') return;
  for (const name of templateNames(uri).refused) {
    refuseToRun(
      lint,
      'PAWL_FLOW_ADDRESS',
      at,
      `{${name}} is a form of address that flows do not have: only {name} is filled in.`,
      'write {name}, or make the address by an expression',
    );
  }
  if (!/^https?:\/\//i.test(uri) && !uri.startsWith('{')) {
    warn(
      lint,
      'PAWL_FLOW_ADDRESS',
      at,
      'The address does not begin with http:// or https://, so the call will fail.',
      'write the whole address',
    );
  }
}
