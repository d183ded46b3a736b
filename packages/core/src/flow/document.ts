import type { Json, JsonObject } from '../json.ts';
import type { DocumentContract, TaskContract } from './contract-types.ts';

/**
 * A flow document: the Open Workflow DSL 1.0.3 (its main branch) as JSON. These types hold for a document that
 * `checkFlow` found valid; the schema in `schema/` accepts and refuses what the official one does.
 */
export type FlowDocument = {
  readonly document: DocumentHead;
  readonly input?: Input;
  readonly use?: Use;
  readonly do: TaskList;
  /** The run's own timeout, or the name of one in `use.timeouts`. */
  readonly timeout?: Timeout | string;
  readonly output?: Output;
  readonly schedule?: Schedule;
  readonly evaluate?: { readonly language?: string; readonly mode?: 'strict' | 'loose' };
};

/** Who a flow is: namespace, name and version identify it. */
export type DocumentHead = {
  readonly dsl: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly summary?: string;
  readonly tags?: JsonObject;
  readonly metadata?: Metadata<DocumentContract>;
};

/** Free information; `pawl` is Pawl's own contract, checked by the linter. */
export type Metadata<Contract> = { readonly pawl?: Contract } & JsonObject;

/** What the tasks of a document refer to by name. */
export type Use = {
  readonly authentications?: Named<AuthenticationPolicy>;
  readonly catalogs?: Named<{ readonly endpoint: Endpoint }>;
  readonly errors?: Named<ErrorDefinition>;
  readonly extensions?: readonly Named<Extension>[];
  readonly functions?: Named<Task>;
  readonly retries?: Named<RetryPolicy>;
  readonly secrets?: readonly string[];
  readonly timeouts?: Named<Timeout>;
};

/** Things by their names. */
export type Named<T> = { readonly [name: string]: T };

/** A list of named tasks: each item has exactly one key, the task's name. */
export type TaskList = readonly Named<Task>[];

/** What every task may have. */
export type TaskBase = {
  /** Expression on the raw input; false skips the task. */
  readonly if?: string;
  readonly input?: Input;
  readonly output?: Output;
  readonly export?: Output;
  readonly timeout?: Timeout | string;
  /** `continue`, `exit`, `end`, or the name of a task of the same list. */
  readonly then?: string;
  readonly metadata?: Metadata<TaskContract>;
};

/** Any of the twelve kinds of task. */
export type Task =
  | CallTask
  | DoTask
  | EmitTask
  | ForTask
  | ForkTask
  | ListenTask
  | RaiseTask
  | RunTask
  | SetTask
  | SwitchTask
  | TryTask
  | WaitTask;

/** The kinds of task, each the key that tells it. */
export type TaskKind =
  | 'call'
  | 'do'
  | 'emit'
  | 'for'
  | 'fork'
  | 'listen'
  | 'raise'
  | 'run'
  | 'set'
  | 'switch'
  | 'try'
  | 'wait';

/** All kinds, sorted. */
export const taskKinds: readonly TaskKind[] = [
  ...(['call', 'do', 'emit', 'for', 'fork', 'listen'] as const),
  ...(['raise', 'run', 'set', 'switch', 'try', 'wait'] as const),
];

/** Calls an action, a function of `use.functions` or a protocol of the DSL. */
export type CallTask = TaskBase & { readonly call: string; readonly with?: JsonObject };

/** Tasks in sequence. */
export type DoTask = TaskBase & { readonly do: TaskList };

/** Publishes an event. */
export type EmitTask = TaskBase & { readonly emit: { readonly event: { readonly with?: JsonObject } & JsonObject } };

/** Runs its list once for each item, in order. */
export type ForTask = TaskBase & {
  readonly for: { readonly each?: string; readonly in: string | readonly JsonObject[]; readonly at?: string };
  readonly while?: string;
  readonly do: TaskList;
};

/** Runs branches side by side. */
export type ForkTask = TaskBase & { readonly fork: { readonly branches: TaskList; readonly compete?: boolean } };

/** Waits for events. */
export type ListenTask = TaskBase & {
  readonly listen: { readonly to: EventStrategy; readonly read?: ReadAs };
  readonly foreach?: Foreach;
};

/** Raises an error, or one of `use.errors` by its name. */
export type RaiseTask = TaskBase & { readonly raise: { readonly error: ErrorDefinition | string } };

/** Runs a container, a script, a shell command or another flow. */
export type RunTask = TaskBase & {
  readonly run: {
    readonly await?: boolean;
    readonly return?: 'stdout' | 'stderr' | 'code' | 'all' | 'none';
    readonly container?: JsonObject;
    readonly script?: JsonObject;
    readonly shell?: JsonObject;
    readonly workflow?: {
      readonly namespace: string;
      readonly name: string;
      readonly version: string;
      readonly input?: JsonObject;
    };
  };
};

/** Makes a value. */
export type SetTask = TaskBase & { readonly set: JsonObject | string };

/** Goes on where the first matching case says. */
export type SwitchTask = TaskBase & { readonly switch: readonly Named<SwitchCase>[] };

/** One case; without `when` it is the default. */
export type SwitchCase = { readonly when?: string; readonly then: string };

/** Runs a list and handles its errors. */
export type TryTask = TaskBase & { readonly try: TaskList; readonly catch: Catch };

/** What is caught and what happens then: retries first, then `do`. */
export type Catch = {
  readonly errors?: { readonly with?: ErrorFilter } & JsonObject;
  /** Name of the variable that holds the error; default `error`. */
  readonly as?: string;
  readonly when?: string;
  readonly exceptWhen?: string;
  readonly retry?: RetryPolicy | string;
  readonly do?: TaskList;
  readonly then?: string;
};

/** Each field given must be equal. */
export type ErrorFilter = {
  readonly type?: string;
  readonly status?: number;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
} & JsonObject;

/** When and how often a `try` runs again. */
export type RetryPolicy = {
  readonly when?: string;
  readonly exceptWhen?: string;
  readonly delay?: DurationText;
  readonly backoff?: {
    readonly constant?: JsonObject;
    readonly exponential?: JsonObject;
    readonly linear?: JsonObject;
  };
  readonly limit?: {
    readonly attempt?: { readonly count?: number; readonly duration?: DurationText };
    readonly duration?: DurationText;
  };
  readonly jitter?: { readonly from: DurationText; readonly to: DurationText };
};

/** Waits. */
export type WaitTask = TaskBase & { readonly wait: DurationText };

/** A duration as it is written: an object of whole numbers, ISO 8601, or an expression that gives ISO 8601. */
export type DurationText =
  | string
  | {
      readonly days?: number;
      readonly hours?: number;
      readonly minutes?: number;
      readonly seconds?: number;
      readonly milliseconds?: number;
    };

/** How long a task or run may take. */
export type Timeout = { readonly after: DurationText };

/** What comes in: its schema, and what is made of it. */
export type Input = { readonly schema?: DataSchema; readonly from?: string | JsonObject };

/** What goes out, or into the context: what is made of it, and its schema. */
export type Output = { readonly schema?: DataSchema; readonly as?: string | JsonObject };

/** The schema of data, inline or elsewhere. */
export type DataSchema = { readonly format?: string; readonly document?: Json; readonly resource?: ExternalResource };

/** Something at an address. */
export type ExternalResource = { readonly name?: string; readonly endpoint: Endpoint };

/** A URI template, an expression, or one of them with authentication. */
export type Endpoint =
  | string
  | { readonly uri: string; readonly authentication?: AuthenticationPolicy | { readonly use: string } };

/** How to authenticate; each kind may also be `{use: SECRET}`. */
export type AuthenticationPolicy = {
  readonly basic?: { readonly username: string; readonly password: string } | { readonly use: string };
  readonly bearer?: { readonly token: string } | { readonly use: string };
  readonly digest?: JsonObject;
  readonly oauth2?: JsonObject;
  readonly oidc?: JsonObject;
};

/** An error to raise. */
export type ErrorDefinition = {
  readonly type: string;
  readonly status: number;
  readonly instance?: string;
  readonly title?: string;
  readonly detail?: string;
};

/** How an event is handed on. */
export type ReadAs = 'data' | 'envelope' | 'raw';

/** Which events are waited for. */
export type EventStrategy = {
  readonly all?: readonly EventFilter[];
  readonly any?: readonly EventFilter[];
  readonly one?: EventFilter;
  readonly until?: string | EventStrategy;
};

/** Which events match. */
export type EventFilter = {
  readonly with: JsonObject;
  readonly correlate?: Named<{ readonly from: string; readonly expect?: string }>;
};

/** Handles events one by one. */
export type Foreach = {
  readonly item?: string;
  readonly at?: string;
  readonly do?: TaskList;
  readonly output?: Output;
  readonly export?: Output;
};

/** What starts runs by itself. */
export type Schedule = {
  readonly every?: DurationText;
  readonly cron?: string;
  readonly after?: DurationText;
  readonly on?: EventStrategy;
  readonly read?: ReadAs;
};

/** Tasks around every task of a kind. */
export type Extension = {
  readonly extend: string;
  readonly when?: string;
  readonly before?: TaskList;
  readonly after?: TaskList;
};

/** The kind of a task; undefined when none or several of the keys are there. A `for` has `do` too. */
export function kindOf(task: JsonObject): TaskKind | undefined {
  const found = taskKinds.filter((kind) => Object.hasOwn(task, kind) && !(kind === 'do' && Object.hasOwn(task, 'for')));
  return found.length === 1 ? found[0] : undefined;
}
