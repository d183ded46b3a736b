import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import { ensureError, fillMarks, flowErrorOf, isObject, PawlError } from '@pawl/core';
import type { Action, ActionContext } from '../action.ts';
import { passesByItself, unsent } from '../failures.ts';
import { boundSecrets, guardDatabases, guardEgress, guardSockets, requireUnbound } from './guard.ts';
import { Redactor } from './redactor.ts';
import type { OpenedSecret, Secrets } from './secrets.ts';

/** An attempt with its secrets in their places. */
interface Opened {
  readonly request: ActionRequest;
  readonly context: ActionContext;
  readonly redactor: Redactor;
}

/**
 * Runs an attempt whose arguments name secrets: opens them, puts their values in the places of their marks, and takes
 * them out of what came of it, as a target may show them again.
 */
export async function runWithSecrets(
  secrets: Secrets | undefined,
  action: Action,
  request: ActionRequest,
  context: ActionContext,
  run: (request: ActionRequest, context: ActionContext) => Promise<Outcome>,
): Promise<Outcome> {
  let opened: Opened;
  try {
    opened = await open(secrets, action, request, context);
  } catch (error) {
    return outcomeOf(ensureError(error), context);
  }
  return redactOutcome(await run(opened.request, opened.context), opened.redactor);
}

async function open(
  secrets: Secrets | undefined,
  action: Action,
  request: ActionRequest,
  context: ActionContext,
): Promise<Opened> {
  const names = request.secrets ?? [];
  if (action.secrets === 'refused')
    throw new PawlError('PAWL_FORBIDDEN', `${action.name} takes no secrets, and nothing was done.`);
  if (secrets === undefined) throw new PawlError('PAWL_SECRET_UNKNOWN', `There is no secret ${names[0] ?? ''}.`);
  const opened = await secrets.open(names, context.flow);
  const bound = boundSecrets(opened);
  if (action.secrets !== 'bound') requireUnbound(action.name, bound);
  const args = fillMarks(request.args, ([name, ...members], whole) => valueOf(opened, name, members, whole));
  return {
    request: { ...request, args: args as JsonObject },
    context: {
      ...context,
      egress: guardEgress(context.egress, bound),
      sockets: guardSockets(context.sockets, bound),
      databases: guardDatabases(context.databases, bound),
    },
    redactor: new Redactor(opened),
  };
}

function valueOf(opened: readonly OpenedSecret[], name: string, members: readonly string[], whole: boolean): Json {
  let value: Json | undefined = opened.find((secret) => secret.name === name)?.value;
  for (const member of members) value = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  const path = [name, ...members].join('.');
  if (value === undefined)
    throw new PawlError(
      'PAWL_SECRET_UNKNOWN',
      `The secret ${name} has no member ${members.join('.')}; nothing was sent.`,
    );
  if (!whole && typeof value === 'object')
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The secret ${path} is no text, so it cannot stand within one; nothing was sent.`,
    );
  return value;
}

/** What cannot be opened now may be later: nothing has left, and the attempt is made again. */
function outcomeOf(error: Error, context: ActionContext): Outcome {
  if (error instanceof PawlError && passesByItself(error)) return unsent(`${error.message} ${error.hint}`);
  if (error instanceof PawlError) return { kind: 'terminal', error: flowErrorOf(error) };
  context.log.error({ err: error }, 'secrets could not be opened');
  return unsent('The secrets of the step could not be opened. The log of Pawl says more.');
}

function redactOutcome(outcome: Outcome, redactor: Redactor): Outcome {
  if (outcome.kind === 'cancelled') return outcome;
  if (outcome.kind === 'completed') return { ...outcome, output: redactor.json(outcome.output) };
  const { type, status, detail, ...told } = outcome.error;
  const clean = redactor.json(told);
  const shown = detail === undefined ? {} : { detail: redactor.excerpt(detail) };
  return { ...outcome, error: { ...(isObject(clean) ? clean : {}), ...shown, type, status } };
}
