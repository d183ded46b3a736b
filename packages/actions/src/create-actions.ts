import { compileSchema, ensureError, flowError, flowErrorOf, PawlError } from '@pawl/core';
import type {
  ActionDescription,
  ActionRequest,
  Actions,
  Cancellation,
  ExternalReference,
  Json,
  Log,
  Outcome,
  Page,
  Validator,
} from '@pawl/core';
import { a2aAction } from './a2a/action.ts';
import type { Action, ActionContext } from './action.ts';
import { asyncApiAction } from './asyncapi/action.ts';
import type { Connections } from './connections/connections.ts';
import { EgressGate } from './egress/egress.ts';
import type { Grant } from './egress/egress.ts';
import { EgressFailure } from './egress/failure.ts';
import type { Endpoint } from './egress/guard.ts';
import { egressOutcome, errorOf, FailedAttempt, unanswered } from './failures.ts';
import { readFileAction } from './file/action.ts';
import { createFileStore } from './file/files.ts';
import { grpcAction } from './grpc/action.ts';
import { httpAction } from './http/action.ts';
import { logAction } from './log/action.ts';
import { mcpAction } from './mcp/action.ts';
import { openApiAction } from './openapi/action.ts';
import { readText } from './resource/read-text.ts';
import { containerAction } from './run/container-action.ts';
import { createRunServices } from './run/run-services.ts';
import { scriptAction } from './run/script-action.ts';
import { shellAction } from './run/shell-action.ts';
import type { Secrets } from './secrets/secrets.ts';
import { runWithSecrets } from './secrets/use-secrets.ts';
import { executeAction } from './sql/execute.ts';
import { createDatabases } from './sql/databases.ts';
import { queryAction } from './sql/query.ts';
import { testConnection } from './sql/test-connection.ts';
import { upsertAction } from './sql/upsert.ts';

/** Settings of the Actions port. */
export interface ActionsOptions {
  /** PAWL_ALLOW_NETS: addresses or CIDRs, each optionally with a port, that egress may reach beyond the public internet. */
  readonly allowNets: string;
  /** Pawl's own database and API: never reached, whatever is allowed. */
  readonly denyEndpoints: readonly Endpoint[];
  /** PAWL_FILES: folders that file actions may read. */
  readonly files: readonly string[];
  /** PAWL_ALLOW_RUN: which programs `run` may start beyond scripts in the sandbox. Default: none. */
  readonly allowRun?: string;
  readonly connections: Connections;
  /** Where secrets that flows name are found. Default: there are none. */
  readonly secrets?: Secrets;
  readonly log: Log;
  readonly userAgent: string;
  /** Nets that only some flows may reach. Default: none. */
  readonly grants?: readonly Grant[];
  /** Further actions of this process, such as a benchmark's. */
  readonly extra?: readonly Action[];
}

/** The built-in actions, in no order. */
const builtIn: readonly Action[] = [
  ...[httpAction, openApiAction, grpcAction, asyncApiAction, a2aAction, mcpAction],
  ...[readFileAction, queryAction, executeAction, upsertAction, logAction],
  ...[scriptAction, shellAction, containerAction],
];

/** The Actions port of a process, with what is done outside of runs. */
export interface ProcessActions extends Actions {
  /** The text of what a flow names by address, read now. Rejects with a PawlError `PAWL_FLOW_RESOURCE`. */
  readText(
    reference: ExternalReference,
    flow: { readonly namespace: string; readonly name: string },
    cancellation: Cancellation,
  ): Promise<string>;
  /** Connects to a connection as it is now: completed, or why not. Rejects with PAWL_CONNECTION_UNKNOWN, or as `Connections.get`. */
  testConnection(name: string): Promise<Outcome>;
  /** An endpoint that no flow reaches from now on, such as the port that the API was given. */
  deny(endpoint: Endpoint): void;
  /** Ends its connections and files; attempts under way end as if the connection broke. */
  close(): Promise<void>;
}

/** Makes the Actions port. */
export function createActions(options: ActionsOptions): ProcessActions {
  const gate = new EgressGate({
    allowNets: options.allowNets,
    denyEndpoints: options.denyEndpoints,
    grants: options.grants ?? [],
    userAgent: options.userAgent,
  });
  const databases = createDatabases(options.connections, gate, options.log);
  const files = createFileStore(options.files);
  const run = createRunServices(options.allowRun ?? '', options.log);
  const known = new Map([...builtIn, ...(options.extra ?? [])].map((action) => [action.name, new Runner(action)]));
  const names = [...known.keys()].sort();
  const shared = { connections: options.connections, databases, files, run, log: options.log };

  return {
    describe: (name: string): ActionDescription | undefined => known.get(name)?.action,
    names: () => names,
    run: async (request: ActionRequest, cancellation: Cancellation, onLeft: () => void): Promise<Outcome> => {
      const runner = known.get(request.action);
      if (runner === undefined)
        return {
          kind: 'terminal',
          error: flowErrorOf(new PawlError('PAWL_ACTION_UNKNOWN', `There is no action ${request.action}.`)),
        };
      const context: ActionContext = {
        ...shared,
        cancellation,
        left: onLeft,
        egress: gate.forFlow(request.flow),
        sockets: gate.socketsForFlow(request.flow),
        flow: { ...request.flow, workspace: request.workspace },
        given: request.args,
      };
      if (request.secrets === undefined) return runner.run(request, context);
      return runWithSecrets(options.secrets, runner.action, request, context, (filled, guarded) =>
        runner.run(filled, guarded),
      );
    },
    readPage: (dataset: Json, cursor: Json, size: number): Promise<Page> => files.readPage(dataset, cursor, size),
    testConnection: async (name) => {
      const connection = await options.connections.get(name);
      if (connection !== undefined) return testConnection(connection, gate, options.log);
      throw new PawlError('PAWL_CONNECTION_UNKNOWN', `There is no connection named ${JSON.stringify(name)}.`);
    },
    deny: (endpoint) => gate.deny(endpoint),
    readText: (reference, flow, cancellation) => readText(reference, gate.forFlow(flow), cancellation),
    close: async (): Promise<void> => {
      await Promise.all([databases.close(), files.close(), gate.close(), run.scripts.close()]);
    },
  };
}

/** Runs one action: checks its arguments, and makes an outcome of whatever it throws. */
class Runner {
  readonly action: Action;
  readonly #validator: Validator;

  constructor(action: Action) {
    this.action = action;
    const compiled = compileSchema(action.input);
    if (!compiled.ok)
      throw new PawlError(
        'PAWL_INTERNAL',
        `the input schema of ${action.name}: ${compiled.problems[0]?.message ?? 'not valid'}`,
      );
    this.#validator = compiled.value;
  }

  async run(request: ActionRequest, context: ActionContext): Promise<Outcome> {
    if (context.cancellation.cancelled) return { kind: 'cancelled' };
    if (!this.#validator.accepts(request.args)) return { kind: 'terminal', error: this.#argumentError(request.args) };
    let left = false;
    const watched: ActionContext = {
      ...context,
      left: () => {
        context.left();
        left = true;
      },
    };
    try {
      return await this.action.run(request, watched);
    } catch (error) {
      return outcomeOf(ensureError(error), request, left, context.log);
    }
  }

  #argumentError(args: Json): ReturnType<typeof flowError> {
    const problems = this.#validator
      .validate(args)
      .map(({ path, message }) => `${path === '' ? 'the arguments' : path.slice(1).replaceAll('/', '.')} ${message}`);
    return errorOf(
      'validation',
      `The arguments of ${this.action.name} are not valid: ${problems.join('; ')}. Nothing was sent.`,
      { code: 'PAWL_ACTION_INPUT' },
    );
  }
}

function outcomeOf(error: Error, request: ActionRequest, left: boolean, log: Log): Outcome {
  if (error instanceof FailedAttempt) return error.outcome;
  if (error instanceof EgressFailure) return egressOutcome(error, request.guarantee, left, request.action);
  if (error instanceof PawlError && !left) return { kind: 'terminal', error: flowErrorOf(error) };
  // What an action throws otherwise is a bug of the action: its message is for the log, since it may hold anything.
  log.error(
    { err: error, action: request.action, run: request.run, step: request.step },
    'an action failed in an unexpected way',
  );
  const detail = `The action ${request.action} failed in an unexpected way. The log of Pawl says more.`;
  const failed = flowError('runtime', detail);
  if (!left) return { kind: 'terminal', error: failed };
  // A bug is likely to be met again: a pure call, which loses nothing by failing, goes to the flow at once.
  return request.guarantee === 'pure' ? { kind: 'retryable', left: true, error: failed } : unanswered(failed);
}
