import type { Json, JsonObject } from '../json.ts';
import type { CompiledFlow, ForBody, TaskCommon, TaskNode, TryBody } from '../program/nodes.ts';
import type { Variables } from '../program/expression.ts';
import { fault, FlowFault } from '../program/fault.ts';
import { contextOf, frameOf, rawInputOf } from '../state/frames.ts';
import type { Frame, RunState } from '../state/state.ts';
import { pageRowsOf } from './page-rows.ts';

/** What expressions of one step see: variables are made only when a program asks for them. */
export class Scope implements Variables {
  readonly state: RunState;
  readonly flow: CompiledFlow;
  /** Frame whose list holds the step; undefined for the flow's own expressions. */
  readonly parent: Frame | undefined;
  node: TaskCommon | undefined;
  readonly raw: Json;
  readonly startedAt: number;
  /** Time of the evaluation for `now` (ms). */
  readonly now: number;
  input: Json;
  /** End of the step's own timeout, while it is entered (ms). */
  due: number | undefined;
  rawOutput: Json | undefined;
  output: Json | undefined;
  /** Variables bound for this evaluation alone: the error of a catch being matched, the item of a loop about to go on. */
  bound: ReadonlyMap<string, Json> | undefined;

  constructor(at: {
    state: RunState;
    flow: CompiledFlow;
    parent?: Frame | undefined;
    node?: TaskCommon | undefined;
    raw: Json;
    startedAt: number;
    now: number;
  }) {
    this.state = at.state;
    this.flow = at.flow;
    this.parent = at.parent;
    this.node = at.node;
    this.raw = at.raw;
    this.startedAt = at.startedAt;
    this.now = at.now;
    this.input = at.raw;
  }

  /** The value of a variable; null where it has none yet. */
  get(name: string): Json {
    const bound = this.bound?.get(name);
    if (bound !== undefined) return bound;
    switch (name) {
      case 'context':
        return contextOf(this.state, this.parent);
      case 'input':
        return this.input;
      case 'output':
        return this.output ?? null;
      case 'task':
        return this.task();
      case 'workflow':
        return this.workflow();
      case 'runtime':
        return { name: 'pawl', version: '0.1.0', metadata: {} };
      default:
        return this.local(name);
    }
  }

  private task(): JsonObject {
    if (this.node === undefined) return {};
    const around = this.extended();
    const { definition, name, step } = around?.target ?? this.node;
    return {
      ...definition,
      name,
      reference: step,
      definition,
      input: around === undefined ? this.raw : around.input,
      output: (around === undefined ? this.rawOutput : around.output) ?? null,
      startedAt: instant(around === undefined ? this.startedAt : around.startedAt),
    };
  }

  /** In the tasks of an extension `$task` is the task that it extends, as far as that has come. */
  private extended(): { target: TaskCommon; input: Json; output: Json | undefined; startedAt: number } | undefined {
    const own = this.node as TaskNode | undefined;
    if (own?.kind === 'extended')
      return { target: own.target, input: this.raw, output: undefined, startedAt: this.startedAt };
    for (let frame = this.parent; frame?.p !== undefined; frame = frameOf(this.state, frame.p)) {
      if (frame.kind !== 'extended' || frame.cursor?.list === 'extended') continue;
      const node = this.flow.nodes.get(frame.step);
      if (node?.kind !== 'extended') return undefined;
      return {
        target: node.target,
        input: rawInputOf(this.state, frame),
        output: frame.out,
        startedAt: frame.at,
      };
    }
    return undefined;
  }

  private workflow(): JsonObject {
    return {
      id: this.state.id,
      definition: this.flow.document,
      input: this.state.input,
      startedAt: instant(this.state.startedAt),
    };
  }

  /** Loop variables and caught errors of the enclosing steps, innermost first. */
  private local(name: string): Json {
    for (
      let frame = this.parent;
      frame !== undefined;
      frame = frame.p === undefined ? undefined : frameOf(this.state, frame.p)
    ) {
      if (frame.kind === 'branch' && frame.vars !== undefined && Object.hasOwn(frame.vars, name))
        return frame.vars[name] ?? null;
      const node = this.flow.nodes.get(frame.step);
      if (node?.kind === 'for') {
        const value = loopVariable(frame, node, name);
        if (value !== undefined) return value;
      }
      if (node?.kind === 'listen' && frame.cursor !== undefined) {
        if (name === node.foreach?.at) return frame.n ?? 0;
        if (name === node.foreach?.item) return frame.listen?.items[frame.n ?? 0] ?? null;
      }
      if (node?.kind === 'try' && (node as TryBody).as === name && frame.cursor?.list === 'catch')
        return frame.error ?? null;
    }
    return null;
  }
}

/** A time as the language's descriptors give it. */
function instant(ms: number): JsonObject {
  return { iso8601: new Date(ms).toISOString(), epoch: { seconds: Math.floor(ms / 1000), milliseconds: ms } };
}

function loopVariable(frame: Frame, node: TaskNode & ForBody, name: string): Json | undefined {
  if (name === node.at) return frame.n ?? 0;
  if (name !== node.each) return undefined;
  if (frame.dataset !== undefined) return rowsOf(frame);
  return frame.items?.[frame.n ?? 0] ?? null;
}

function rowsOf(frame: Frame): readonly Json[] {
  const rows = pageRowsOf(frame);
  if (rows === undefined) throw fault('runtime', 'The rows of the page have not been read.');
  if ('missing' in rows) throw new FlowFault(rows.missing);
  return rows;
}
