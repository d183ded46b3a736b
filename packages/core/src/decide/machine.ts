import { invariant } from '../errors.ts';
import type { FlowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import type { CompiledFlow, ExtendedBody, TaskCommon, TaskList, TaskNode, Then } from '../program/nodes.ts';
import { isFunctionCall } from '../program/nodes.ts';
import { apply } from '../state/apply.ts';
import { frameOf, inputOf, rawInputOf, valueOf } from '../state/frames.ts';
import type { EffectEnd, RunEvent } from '../state/events.ts';
import type { Frame, RunState, TriedEffect } from '../state/state.ts';
import { Scope } from './scope.ts';
import type { DecideEnv } from './types.ts';
import { sizeOf } from './value-size.ts';

/** How a task ended well. */
export interface Completion {
  /** Attempt whose answer completed an effect. */
  readonly attempt?: number;
  readonly reused?: true;
  /** The call turned out to change nothing. */
  readonly pure?: true;
  /** Directive that stands in for the task's own. */
  readonly then?: Then;
}

/** How the effect of a step that faults has ended, where it has one. */
export interface Ending {
  readonly attempt?: number;
  readonly end?: EffectEnd;
  /** Raw output of an effect that completed before its step faulted. */
  readonly raw?: Json;
}

/** What a kind of task adds to its `task.started` event. */
export type Started = Partial<
  Omit<Extract<RunEvent, { type: 'task.started' }>, 'type' | 'at' | 'f' | 'p' | 'i' | 'v' | 'step' | 'kind'>
>;

/** What happens to the run next: the kinds of task ask for moves, and the driver makes them one after another. */
export type Move =
  | { readonly kind: 'complete'; readonly frame: Frame; readonly output: Json; readonly how: Completion }
  | { readonly kind: 'raise'; readonly frame: Frame; readonly error: FlowError; readonly ending: Ending }
  | { readonly kind: 'course'; readonly frame: Frame }
  | { readonly kind: 'join'; readonly frame: Frame }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'fault'; readonly error: FlowError }
  | { readonly kind: 'advance'; readonly frame: Frame };

/** One stimulus being decided: the only place where events are made, each folded into the state as it is made. */
export class Machine {
  readonly state: RunState;
  readonly flow: CompiledFlow;
  readonly env: DecideEnv;
  readonly at: number;
  readonly events: RunEvent[] = [];
  /** What an enclosing retry knows of the effect that is being entered, when nothing must be sent. */
  reused: TriedEffect | undefined;
  /** Arguments evaluated for the intent of the effect that is being entered. */
  prepared: JsonObject | undefined;
  /** Moves that are asked for and not made yet. */
  private readonly moves: Move[] = [];
  /** Composite steps that are to go on, once nothing else is to be done: where the run yields, they are found again. */
  private readonly advances: Frame[] = [];
  private advanced = 0;
  /** Whether several have been waiting at once: one may then end or hold back another. */
  crowded = false;
  private steps = 0;
  private characters = 0;

  constructor(state: RunState, flow: CompiledFlow, env: DecideEnv, at: number) {
    this.state = state;
    this.flow = flow;
    this.env = env;
    this.at = at;
  }

  /** Records a fact. */
  emit(event: RunEvent): void {
    if (event.type === 'task.faulted' || event.type === 'task.cancelled') this.giveBack(event.f);
    apply(this.state, event);
    if (countedEvents.has(event.type)) this.steps += 1;
    this.events.push(event);
  }

  /** A listen that ends without its output gives back the events that it took and that nothing was done with. */
  private giveBack(f: number): void {
    const frame = this.state.frames.get(f);
    if (frame?.listen === undefined) return;
    const keys = [...frame.listen.keys, ...(frame.listen.ending ?? [])];
    if (keys.length > 0) this.emit({ type: 'event.returned', at: this.at, f, step: frame.step, keys });
  }

  /** Asks that a task ends with its raw output. */
  complete(frame: Frame, output: Json, how: Completion = {}): void {
    this.moves.push({ kind: 'complete', frame, output, how });
  }

  /** Asks that an error is raised at a step. */
  raise(frame: Frame, error: FlowError, ending: Ending = {}): void {
    this.moves.push({ kind: 'raise', frame, error, ending });
  }

  /** Asks that a composite step goes on. */
  advance(frame: Frame): void {
    if (this.advanced < this.advances.length) this.crowded = true;
    this.advances.push(frame);
  }

  /** Asks that what holds a task that has ended goes on: its list, or the fork of its branch. */
  after(holder: Frame): void {
    if (holder.kind === 'branch') this.moves.push({ kind: 'join', frame: this.parent(holder) });
    else this.advance(holder);
  }

  /** The next move. */
  next(): Move | undefined {
    const move = this.moves.shift();
    if (move !== undefined) return move;
    const frame = this.advances[this.advanced];
    this.advanced += 1;
    return frame === undefined ? undefined : { kind: 'advance', frame };
  }

  /** Asks for another move. */
  move(move: Move): void {
    this.moves.push(move);
  }

  /** A value that an event is going to carry: too large or deep a one is a fault; its size counts against what one commit may hold. */
  keep<Value extends Json>(value: Value, what: string): Value {
    this.characters += sizeOf(value, what, this.env.limits);
    return value;
  }

  /** Whether the run must yield so that what was decided is committed. */
  full(): boolean {
    return (
      this.steps >= this.env.limits.pureTasksPerCommit || this.characters >= this.env.limits.eventCharactersPerCommit
    );
  }

  node(frame: Frame): TaskNode {
    const node = this.flow.nodes.get(frame.step);
    invariant(node !== undefined, `the flow has no task at ${frame.step}`);
    return node;
  }

  parent(frame: Frame): Frame {
    invariant(frame.p !== undefined, 'the root frame has no parent');
    return frameOf(this.state, frame.p);
  }

  /** What expressions of an active step see. */
  scope(frame: Frame, now: number = this.at): Scope {
    return scopeOf(this.state, this.flow, frame, now);
  }

  /** What expressions of a step see that is about to start. */
  entryScope(parent: Frame, node: TaskCommon): Scope {
    return new Scope({
      state: this.state,
      flow: this.flow,
      parent,
      node,
      raw: valueOf(this.state, parent),
      startedAt: this.at,
      now: this.at,
    });
  }

  /** What the flow's own expressions see. */
  flowScope(): Scope {
    return new Scope({
      state: this.state,
      flow: this.flow,
      raw: this.state.input,
      startedAt: this.state.startedAt,
      now: this.at,
    });
  }
}

/** What expressions of an active step see at a time. */
export function scopeOf(state: RunState, flow: CompiledFlow, frame: Frame, now: number): Scope {
  const parent = frame.p === undefined ? undefined : frameOf(state, frame.p);
  const scope = new Scope({
    state,
    flow,
    parent,
    node: flow.nodes.get(frame.step),
    raw: rawInputOf(state, frame),
    startedAt: frame.at,
    now,
  });
  scope.input = inputOf(state, frame);
  return scope;
}

/** The list that a composite step runs. */
export function listOf(flow: CompiledFlow, frame: Frame): TaskList {
  if (frame.kind === 'root') return flow.main;
  const node = flow.nodes.get(frame.step);
  invariant(node !== undefined, `the flow has no task at ${frame.step}`);
  if (isFunctionCall(node)) {
    const list = flow.functions.get(node.functionName);
    invariant(list !== undefined, `the flow has no function ${node.functionName}`);
    return list;
  }
  if (node.kind === 'extended') return extensionList(node, frame);
  if (node.kind === 'listen') return node.foreach?.list ?? emptyList;
  if (node.kind === 'try') return frame.cursor?.list === 'catch' ? (node.caught ?? emptyList) : node.list;
  invariant(node.kind === 'do' || node.kind === 'for', `a ${node.kind} runs no list`);
  return node.list;
}

function extensionList(node: ExtendedBody, { cursor }: Frame): TaskList {
  return cursor?.list === 'before' ? node.before : cursor?.list === 'after' ? node.after : node.inner;
}

/** The task of a branch. */
export function taskOf(flow: CompiledFlow, branch: Frame): TaskNode {
  const fork = flow.nodes.get(branch.step);
  const task = fork?.kind === 'fork' ? fork.branches.tasks[branch.i] : undefined;
  invariant(task !== undefined, `the flow has no branch ${branch.i} at ${branch.step}`);
  return task;
}

/** Whether the list of a composite step is done. */
export function listDone(flow: CompiledFlow, frame: Frame): boolean {
  const i = frame.cursor?.i ?? 0;
  return i < 0 || i >= listOf(flow, frame).tasks.length;
}

/** Whether the run's own list is done, or the run is to fault: only losers' answers can be missing then. */
export function isOver(flow: CompiledFlow, root: Frame): boolean {
  return root.error !== undefined || listDone(flow, root);
}

/** Frames below a frame, deepest first. */
export function descendants(state: RunState, frame: Frame): Frame[] {
  const below = new Set<number>([frame.id]);
  const found: Frame[] = [];
  for (const other of state.frames.values()) {
    if (other.p === undefined || !below.has(other.p)) continue;
    below.add(other.id);
    found.push(other);
  }
  return found.reverse();
}

/** Whether the outcome of an effect, or the end of a child run, is not known: it must be before anything that ends its step. */
export function unresolved(frame: Frame): boolean {
  const { effect, child } = frame;
  if (child?.open) return true;
  if (effect === undefined || effect.guarantee === 'pure') return false;
  return effect.open || effect.unknown;
}

/** The error with the pointer of the step that raised it. */
export function located(error: FlowError, step: string): FlowError {
  return error.instance === undefined ? { ...error, instance: step } : error;
}

const emptyList: TaskList = { tasks: [] };

/** Every way to go on makes one of these, so that no loop fills a commit without an end. */
const countedEvents = new Set<RunEvent['type']>(['task.started', 'task.skipped', 'iteration.started']);
