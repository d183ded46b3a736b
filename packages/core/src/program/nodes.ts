import type { Place } from '../flow/call-places.ts';
import type { CompiledContract } from './contract.ts';
import type { Expression, Template } from './expression.ts';
import type { SchemaCheck } from './schemas.ts';
import type { DurationValue } from './durations.ts';
import type { ActionDescription, FlowName } from '../ports.ts';
import type { StrategyNode } from './strategy.ts';
import type { StepKind } from '../state/events.ts';
import type { Json, JsonObject } from '../json.ts';

/** Where the flow goes after a task: the following one, a task of the same list, the end of the list, or of the run. */
export type Then = 'continue' | 'exit' | 'end' | { readonly to: number };

/** What every task may have besides its body. */
export interface TaskCommon {
  readonly name: string;
  /** JSON pointer of the task in the document: its identity. */
  readonly step: string;
  /** Index in its list. */
  readonly i: number;
  readonly definition: JsonObject;
  readonly condition?: Expression;
  readonly inputSchema?: SchemaCheck;
  readonly inputFrom?: Template;
  readonly outputAs?: Template;
  readonly outputSchema?: SchemaCheck;
  readonly exportAs?: Template;
  readonly exportSchema?: SchemaCheck;
  readonly timeout?: DurationValue;
  readonly then: Then;
  readonly contract: CompiledContract;
}

/** A task, ready to run. */
export type TaskNode = TaskCommon & { readonly kind: StepKind } & TaskBody;

/** The part of a node that its kind decides. */
export type TaskBody =
  | { readonly kind: 'set'; readonly value: Template }
  | { readonly kind: 'do'; readonly list: TaskList }
  | { readonly kind: 'switch'; readonly cases: readonly SwitchCase[] }
  | ForBody
  | ForkBody
  | TryBody
  | { readonly kind: 'raise'; readonly error: Template }
  | { readonly kind: 'wait'; readonly duration: DurationValue }
  | EmitBody
  | ListenBody
  | ChildBody
  | ExtendedBody
  | ActionBody
  | FunctionBody
  | AskBody;

export interface SwitchCase {
  readonly when?: Expression;
  readonly then: Then;
}

export interface ForBody {
  readonly kind: 'for';
  readonly each: string;
  readonly at: string;
  readonly items: Template;
  readonly condition?: Expression;
  readonly list: TaskList;
}

/** Tasks side by side. */
export interface ForkBody {
  readonly kind: 'fork';
  /** The first branch that ends well ends the others. */
  readonly compete: boolean;
  readonly branches: TaskList;
}

/** A task with the tasks that an extension puts around it. */
export interface ExtendedBody {
  readonly kind: 'extended';
  /** Whether the extension holds for this task at this moment. */
  readonly when?: Expression;
  readonly before: TaskList;
  /** The task alone: itself extended, where several extensions hold. */
  readonly inner: TaskList;
  readonly after: TaskList;
  /** The task that all of them extend. */
  readonly target: TaskCommon;
}

export interface TryBody {
  readonly kind: 'try';
  readonly list: TaskList;
  readonly filter?: { readonly [field: string]: Json };
  readonly as: string;
  readonly when?: Expression;
  readonly exceptWhen?: Expression;
  readonly retry?: RetryPolicy;
  readonly caught?: TaskList;
  readonly caughtThen?: Then;
}

/** When and how often a `try` is tried again. */
export interface RetryPolicy {
  readonly when?: Expression;
  readonly exceptWhen?: Expression;
  readonly delay?: DurationValue;
  readonly backoff: 'constant' | 'linear' | 'exponential';
  readonly factor: number;
  readonly max?: DurationValue;
  readonly jitter?: { readonly from: DurationValue; readonly to: DurationValue };
  /** Number of retries. */
  readonly count?: number;
  /** Timeout of one try. */
  readonly attemptDuration?: DurationValue;
  /** Budget from the first error to the last retry. */
  readonly duration?: DurationValue;
}

/** Publishes an event. */
export interface EmitBody {
  readonly kind: 'emit';
  /** Attributes and data of the CloudEvent. */
  readonly event: Template;
}

/** Waits for events. */
export interface ListenBody {
  readonly kind: 'listen';
  readonly strategy: StrategyNode;
  readonly read: 'data' | 'envelope' | 'raw';
  readonly foreach?: ForeachBody;
  /** It listens to nothing: its raw input is an array of what was collected before. */
  readonly collected?: true;
}

/** What is done with each event, in order. */
export interface ForeachBody {
  readonly item: string;
  readonly at: string;
  readonly list: TaskList;
  readonly outputAs?: Template;
  readonly outputSchema?: SchemaCheck;
  readonly exportAs?: Template;
  readonly exportSchema?: SchemaCheck;
}

/** Runs another flow. */
export interface ChildBody {
  readonly kind: 'run';
  readonly named: FlowName;
  readonly input: Template;
  /** Whether the step waits for its end. */
  readonly awaits: boolean;
}

/** A call of an action: an effect. */
export interface ActionBody {
  readonly kind: 'call';
  readonly action: string;
  readonly description: ActionDescription;
  readonly args: Template;
  /** Where the arguments hold URI templates over the transformed input. */
  readonly uriTemplates: readonly Place[];
  /** A subscription: what it asks of the messages that come … */
  readonly rules?: CompiledRules;
  /** … and what is done with each; a compiled flow has two steps in place of such a call. */
  readonly foreach?: ForeachBody;
}

/** Which messages a subscription takes, and for how long. */
export interface CompiledRules {
  /** On the message: whether it is one of those. */
  readonly filter?: Expression;
  /** On the array of the messages taken so far, after each of them: whether it goes on. */
  readonly while?: Expression;
  /** The same: whether it ends. */
  readonly until?: Expression;
}

/** A call of a function of `use.functions`: its one task runs with the arguments as raw input. */
export interface FunctionBody {
  readonly kind: 'call';
  readonly functionName: string;
  readonly args: Template;
}

/** Asks a person. */
export interface AskBody {
  readonly kind: 'ask';
  /** What is asked, and how. */
  readonly args: Template;
}

/** Tasks in sequence. */
export interface TaskList {
  readonly tasks: readonly TaskNode[];
}

/** A flow version, compiled: immutable, shared by all its runs. */
export interface CompiledFlow {
  readonly document: JsonObject;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly main: TaskList;
  /** Every task by its JSON pointer. */
  readonly nodes: ReadonlyMap<string, TaskNode>;
  /** One-task lists of `use.functions`. */
  readonly functions: ReadonlyMap<string, TaskList>;
  readonly inputSchema?: SchemaCheck;
  readonly inputFrom?: Template;
  readonly outputAs?: Template;
  readonly outputSchema?: SchemaCheck;
  readonly timeout?: DurationValue;
  readonly deadlineMs: number;
  /** `use.secrets`: the secrets that it may name. */
  readonly secrets: readonly string[];
  readonly start?: { readonly key: Expression; readonly onDuplicate: 'return' | 'reject' };
}

/** Whether a call node calls a function of `use.functions`. */
export function isFunctionCall(node: TaskNode): node is TaskCommon & FunctionBody {
  return node.kind === 'call' && 'functionName' in node;
}

/** Whether a call node calls an action. */
export function isActionCall(node: TaskNode): node is TaskCommon & ActionBody {
  return node.kind === 'call' && 'action' in node;
}
