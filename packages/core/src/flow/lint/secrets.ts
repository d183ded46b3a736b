import { isObject } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { policyKinds, secretOfPolicy } from '../../secrets/policies.ts';
import type { SecretUse } from '../../secrets/paths.ts';
import { secretUseOf } from '../../secrets/paths.ts';
import { expressionOf, scanText } from '../expression-text.ts';
import type { ExpressionText } from '../expression-text.ts';
import { isLoose, isTried } from '../loose.ts';
import { placeVariables } from '../scope.ts';
import { programOf } from '../program-task.ts';
import { checkProgram } from './jq.ts';
import { nearestHint } from './nearest.ts';
import { authenticationsOf, used } from './references.ts';
import { refuse, refuseToRun } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';
import { textsOf } from './texts.ts';
import type { TextSite } from './texts.ts';

/** Secrets are listed in `use.secrets`, named where they go straight to the wire, and passed on as they are. */
export function lintSecrets(lint: Lint): void {
  const loose = isLoose(lint.document);
  for (const site of textsOf(lint.document, lint.sites)) {
    if (!site.text.includes('$secrets')) continue;
    for (const expression of expressionsOf(site, loose)) lintUse(lint, site, expression);
  }
  const policies = used(lint.document, 'authentications');
  for (const name of Object.keys(policies))
    lintPolicy(lint, policies[name] as JsonObject, `/use/authentications${pointerSegment(name)}`);
  for (const site of lint.sites.tasks)
    for (const { value, path } of authenticationsOf(site)) lintPolicy(lint, value, path);
}

function expressionsOf(site: TextSite, loose: boolean): readonly ExpressionText[] {
  const { form, text } = site;
  if (form === 'expression') return [expressionOf(text)];
  if (loose && isTried(site)) return [{ source: text, offset: 0 }];
  const scanned = scanText(text);
  if (scanned.kind === 'expression') return [scanned];
  return scanned.kind === 'interpolation' ? scanned.parts.filter((part) => typeof part !== 'string') : [];
}

function lintUse(lint: Lint, site: TextSite, { source, offset }: ExpressionText): void {
  const compiled = checkProgram(source, [...placeVariables[site.place], ...site.names]);
  if (!compiled.ok || !compiled.variables.includes('secrets')) return;
  const use = secretUseOf(source);
  const wrong = wrongUse(use);
  if (wrong !== undefined) {
    const within = { source: source.slice(wrong.at), offset: offset + wrong.at };
    const { message, hint } = wrong;
    lint.report({ code: 'PAWL_FLOW_SECRET', severity: 'error', path: site.path, message, hint, within });
  }
  lintPlace(lint, site);
  for (const [name] of use.paths) lintName(lint, name, site.path);
}

function wrongUse({ unnamed, worked }: SecretUse): { at: number; message: string; hint: string } | undefined {
  if (unnamed !== undefined)
    return { at: unnamed, message: 'This uses $secrets without the name of a secret.', hint: 'write $secrets.NAME' };
  if (worked === undefined) return undefined;
  return {
    at: worked,
    message: 'This works on a secret, and a flow never sees the value of one: it can only pass it on.',
    hint: 'pass it on as it is, in a text such as "Bearer \\($secrets.NAME)", or as a member of what is sent',
  };
}

function lintPlace(lint: Lint, site: TextSite): void {
  if (site.path.startsWith('/use/authentications/')) return;
  const task = taskAround(lint, site);
  const action = task === undefined ? undefined : calledBy(lint, task);
  const places = task === undefined || action === undefined ? [] : wirePlaces(task);
  // What a subscription asks of messages and does with them is in the arguments of its call, and is not sent.
  const kept = task !== undefined && site.path.startsWith(`${task.path}/with/subscription/`);
  if (!kept && places.some((place) => site.path === place || site.path.startsWith(`${place}/`))) {
    if (action !== 'log' && action !== 'ask') return;
    const message =
      action === 'log'
        ? 'A secret does not belong into a log.'
        : 'A question is shown to people, and a secret never is.';
    refuse(lint, 'PAWL_FLOW_SECRET_PLACE', site.path, message, 'leave it out');
    return;
  }
  refuse(
    lint,
    'PAWL_FLOW_SECRET_PLACE',
    site.path,
    'A secret is named here, but what this gives is kept with the run.',
    'name secrets in the arguments of a call, in an authentication, or in the environment or stdin of a program',
  );
}

/** The innermost task that a text is part of. */
function taskAround(lint: Lint, { path }: TextSite): TaskSite | undefined {
  let found: TaskSite | undefined;
  for (const task of lint.sites.tasks)
    if (path.startsWith(`${task.path}/`) && task.path.length > (found?.path.length ?? 0)) found = task;
  return found;
}

/** What a task calls, without its version; undefined where nothing is sent: the arguments of a function are kept. */
function calledBy(lint: Lint, { task, kind }: TaskSite): string | undefined {
  if (kind === 'run') return programOf(task)?.action;
  const { call } = task;
  if (kind !== 'call' || typeof call !== 'string' || Object.hasOwn(used(lint.document, 'functions'), call))
    return undefined;
  return call.replace(/[:@].*$/, '');
}

/** Where the texts of a task go straight to the wire. */
function wirePlaces({ task, path }: TaskSite): readonly string[] {
  const program = programOf(task);
  if (program === undefined) return [`${path}/with`];
  return ['environment', 'stdin'].map((name) => `${path}/run/${program.kind}/${name}`);
}

function lintPolicy(lint: Lint, policy: JsonObject, path: string): void {
  for (const kind of isObject(policy) ? policyKinds : []) {
    const name = secretOfPolicy(policy, kind);
    if (name !== undefined) lintName(lint, name, `${path}/${kind}/use`);
  }
}

function lintName(lint: Lint, name: string, path: string): void {
  const secrets = lint.document['use'];
  const listed = isObject(secrets) && Array.isArray(secrets['secrets']) ? secrets['secrets'].map(String) : [];
  if (listed.includes(name)) return;
  refuseToRun(
    lint,
    'PAWL_FLOW_USE_UNKNOWN',
    path,
    `The secret ${JSON.stringify(name)} is not listed in use.secrets.`,
    () => nearestHint(name, listed) ?? `add it: use: { secrets: [${[...listed, name].join(', ')}] }`,
  );
}
