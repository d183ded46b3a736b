import type { ActionDescription, ActionRequest, Cancellation, JsonObject, Log, Outcome } from '@pawl/core';
import type { Connections } from './connections/connections.ts';
import type { Egress, FlowName, Sockets } from './egress/egress.ts';
import type { Databases } from './sql/databases.ts';
import type { FileStore } from './file/files.ts';
import type { RunServices } from './run/run-services.ts';

/** What an action may use while it runs. */
export interface ActionContext {
  readonly cancellation: Cancellation;
  /** Must be called before the first byte that could have an effect is handed to an established connection. */
  readonly left: () => void;
  /** HTTP, as this flow may use it. */
  readonly egress: Egress;
  /** Connections for other protocols, as this flow may use them. */
  readonly sockets: Sockets;
  readonly connections: Connections;
  readonly databases: Databases;
  readonly files: FileStore;
  readonly run: RunServices;
  readonly log: Log;
  readonly flow: FlowName;
  /** The arguments as the step froze them, with marks in the places of secrets: what tells whether two requests are the same. */
  readonly given: JsonObject;
}

/** An operation that a step may call: its description, and what it does. */
export interface Action extends ActionDescription {
  /**
   * Where secrets in its arguments may go. `bound`: through `egress`, `sockets` and `databases` alone, which keep each
   * to its hosts; `anywhere`: it takes none that is bound to hosts; `refused`: it takes none.
   */
  readonly secrets: 'bound' | 'anywhere' | 'refused';
  /**
   * Runs one attempt, its arguments valid by `input`. May throw: what is thrown after `left` is ambiguous (retryable
   * for a `pure` call), before it a failure.
   */
  run(request: ActionRequest, context: ActionContext): Promise<Outcome> | Outcome;
}

/** What most actions have in common; an action says only where it differs. */
type Defaults = 'declarable' | 'concurrency' | 'timeoutMs' | 'target' | 'secrets';

/** An action, with defaults: nothing to declare, 16 calls at once, 30 s, one target of the action's name, secrets without bounds. */
export function defineAction(action: Omit<Action, Defaults> & Partial<Pick<Action, Defaults>>): Action {
  return {
    declarable: [],
    concurrency: defaultConcurrency,
    timeoutMs: defaultTimeoutMs,
    target: () => action.name,
    secrets: 'anywhere',
    ...action,
  };
}

const defaultConcurrency = 16;
const defaultTimeoutMs = 30_000;
