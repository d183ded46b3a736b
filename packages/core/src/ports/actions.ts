import type { FlowError } from '../flow-error.ts';
import type { Guarantee, KeyIn } from '../guarantee/classes.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Outcome } from '../outcome.ts';

/** Tells a running attempt that its deadline has passed or that it is no longer wanted. */
export interface Cancellation {
  readonly cancelled: boolean;
  /** Whether it is so because the deadline of the attempt has passed. */
  readonly late?: boolean;
  /** Registers a callback; it is called at once when already cancelled. */
  onCancel(callback: () => void): void;
}

/** What an action is, as the engine and the linter need it. */
export interface ActionDescription {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** JSON Schemas of the arguments (`with`) and the output. */
  readonly input: JsonObject;
  readonly output: Json;
  /** The guarantee of a call with these arguments, where the step declares none. */
  guarantee(args: JsonObject, keyIn: KeyIn | undefined): Guarantee;
  /** Guarantees that a step may declare instead; empty: the action knows best. */
  readonly declarable: readonly Guarantee[];
  /** Name of the target whose permits, limits and health a call shares, such as `http://host:port`. */
  target(args: JsonObject): string;
  /** Calls under way at once per target and worker. */
  readonly concurrency: number;
  /** Default attempt timeout (ms). */
  readonly timeoutMs: number;
}

/** One attempt, frozen: a resend of the same effect carries the same bytes. */
export interface ActionRequest {
  readonly action: string;
  readonly args: JsonObject;
  /** Names of the secrets whose marks are in the arguments, to be filled in at the send; absent: none. */
  readonly secrets?: readonly string[];
  readonly guarantee: Guarantee;
  /** The step itself says the guarantee: what an action learns only while it runs must not weaken it. */
  readonly declared?: true;
  /** The effect key, or the step's natural key as it stands. */
  readonly key: string;
  readonly keyIn?: KeyIn;
  readonly attempt: number;
  /** For logs and traces. */
  readonly run: string;
  readonly step: string;
  /** Workspace of the run: its secrets and connections. Absent: that of the process. */
  readonly workspace?: string;
  /** A subscription: what is asked of its messages. Nothing leaves before they are acknowledged, which it says then. */
  readonly rules?: MessageRules;
  /** Namespace and name of the flow: some connections and nets are open to certain flows only. */
  readonly flow: { readonly namespace: string; readonly name: string };
}

/** Which messages a subscription takes, by the expressions of its step, as they stood when the step began. */
export interface MessageRules {
  /** Whether a message is one of those. */
  wants(message: Json): boolean;
  /** Whether these are all: asked after each that was taken. An error where that cannot be told. */
  enough(messages: readonly Json[]): boolean | { readonly error: FlowError };
}

/** Rows of a dataset after a cursor. */
export interface Page {
  readonly rows: readonly Json[];
  /** Where the next page begins. */
  readonly next: Json;
  /** Nothing follows this page. */
  readonly last: boolean;
}

/** The Actions port: everything that reaches outside. */
export interface Actions {
  describe(name: string): ActionDescription | undefined;
  /** Names of all actions, sorted. */
  names(): readonly string[];
  /**
   * Runs one attempt. Never rejects: whatever happens is an outcome. `onLeft` is called before the first byte of the
   * request is handed to an established connection. At cancellation it ends soon, `ambiguous` if something left.
   */
  run(request: ActionRequest, cancellation: Cancellation, onLeft: () => void): Promise<Outcome>;
  /** Reads a page of a dataset (pure). `cursor` null is the start. Rejects with a PawlError. */
  readPage(dataset: Json, cursor: Json, size: number): Promise<Page>;
}
