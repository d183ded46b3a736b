import type { FlowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import { addDuration } from '../program/durations.ts';
import { evaluate, evaluateTemplate, truthy } from '../program/expression.ts';
import { fault, FlowFault, kindOf } from '../program/fault.ts';
import type { TaskNode } from '../program/nodes.ts';
import { isActionCall } from '../program/nodes.ts';
import { checkSchema } from '../program/schemas.ts';
import { frameOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import { startAction, useTried } from './call.ts';
import { startAsk } from './ask.ts';
import { startChild } from './child.ts';
import { askFirst } from './doubt.ts';
import { emitEvent } from './emit.ts';
import { inForce, startExtended } from './extended.ts';
import { startFor } from './for.ts';
import { startBranches } from './fork.ts';
import { startFunction } from './function.ts';
import { beginListening, startListen } from './listen.ts';
import type { Machine, Started } from './machine.ts';
import { prepare } from './request.ts';
import type { Scope } from './scope.ts';
import { afterSwitch } from './switch.ts';
import { startTry } from './try.ts';

/** Enters the next task of a list: skips it, starts it, and for a task without wait or effect, ends it too. */
export function enterTask(m: Machine, parent: Frame, next: TaskNode): void {
  const scope = m.entryScope(parent, next);
  let node = next;
  let started: Started | undefined;
  let failure: FlowFault | undefined;
  try {
    if (node.condition !== undefined && !truthy(evaluate(node.condition, scope.raw, scope))) {
      m.emit({ type: 'task.skipped', at: m.at, p: parentId(parent), i: node.i, task: node.name });
      m.after(parent);
      return;
    }
    if (node.kind === 'extended') {
      node = inForce(node, scope);
      scope.node = node;
    }
    started = transformInput(m, node, scope);
    started = { ...started, ...deadlineOf(m, node, scope), ...startBody(m, parent, node, scope) };
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    failure = error;
  }
  const frame = emitStarted(m, parent, node, started);
  if (failure !== undefined) m.raise(frame, failure.error, { end: 'unsent' });
  else goOn(m, frame, node, scope);
}

function transformInput(m: Machine, node: TaskNode, scope: Scope): Started {
  if (node.inputSchema !== undefined) checkSchema(node.inputSchema, scope.raw, 'The input');
  if (node.inputFrom === undefined) return {};
  const input = m.keep(evaluateTemplate(node.inputFrom, scope.raw, scope), 'The transformed input');
  scope.input = input;
  return { in: input };
}

function deadlineOf(m: Machine, node: TaskNode, scope: Scope): Started {
  if (node.timeout === undefined) return {};
  scope.due = addDuration(node.timeout, m.at, scope.input, scope);
  return { due: scope.due };
}

/** What the body needs to know before it starts; everything else happens once the step has started. */
function startBody(m: Machine, parent: Frame, node: TaskNode, scope: Scope): Started {
  switch (node.kind) {
    case 'wait':
      return { until: addDuration(node.duration, m.at, scope.input, scope) };
    case 'for':
      return startFor(m, node, scope);
    case 'fork':
      return { branches: node.branches.tasks.length };
    case 'try':
      return startTry(m, node, scope);
    case 'extended':
      return startExtended(node);
    case 'listen':
      return startListen(m, parent, node, scope);
    case 'call':
      return isActionCall(node) ? startAction(m, parent, node, scope) : startFunction(m, parent, node, scope);
    default:
      return {};
  }
}

/** The parent that events name: a branch is only a place in its fork. */
function parentId(holder: Frame): number {
  return holder.kind === 'branch' ? (holder.p ?? 0) : holder.id;
}

function emitStarted(m: Machine, parent: Frame, node: TaskNode, more: Started | undefined): Frame {
  const id = m.state.nextFrame;
  const visit = (parent.cursor?.visits[node.i] ?? 0) + 1;
  m.emit({
    type: 'task.started',
    at: m.at,
    f: id,
    p: parentId(parent),
    i: node.i,
    step: node.step,
    kind: node.kind,
    v: visit,
    ...more,
  });
  const frame = frameOf(m.state, id);
  if (m.prepared !== undefined) prepare(frame, m.prepared);
  m.prepared = undefined;
  return frame;
}

function goOn(m: Machine, frame: Frame, node: TaskNode, scope: Scope): void {
  switch (node.kind) {
    case 'set':
      return endAtOnce(m, frame, () => evaluateTemplate(node.value, scope.input, scope));
    case 'switch':
      return afterSwitch(m, frame, node, scope);
    case 'raise':
      return raiseDeclared(m, frame, () => evaluateTemplate(node.error, scope.input, scope));
    case 'fork':
      return startBranches(m, frame);
    case 'do':
    case 'extended':
    case 'for':
    case 'try':
      m.advance(frame);
      return;
    case 'call':
      if (!isActionCall(node)) m.advance(frame);
      else if (m.reused !== undefined) useTried(m, frame, m.reused);
      else askFirst(m, frame, node);
      m.reused = undefined;
      return;
    case 'ask':
      return startAsk(m, frame, node, scope);
    case 'emit':
      return emitEvent(m, frame, node, scope);
    case 'run':
      return startChild(m, frame, node, scope);
    case 'listen':
      return beginListening(m, frame, node);
    case 'wait':
  }
}

function endAtOnce(m: Machine, frame: Frame, output: () => Json): void {
  try {
    m.complete(frame, output());
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
  }
}

/** The error that a `raise` made: its expressions must give texts; one that gives null leaves its member out. */
function asError(value: Json): FlowError {
  const members = Object.entries(value as JsonObject).filter(([, member]) => member !== null);
  for (const [name, member] of members) {
    if (name !== 'status' && typeof member !== 'string')
      throw fault('expression', `\`${name}\` of a raised error must be a text, but is ${kindOf(member)}.`);
  }
  const error = Object.fromEntries(members) as unknown as FlowError;
  if (error.type === undefined) throw fault('expression', '`type` of a raised error must be a text, but is null.');
  return error;
}

function raiseDeclared(m: Machine, frame: Frame, error: () => Json): void {
  try {
    m.raise(frame, { ...asError(error()), instance: frame.step });
  } catch (thrown) {
    if (!(thrown instanceof FlowFault)) throw thrown;
    m.raise(frame, thrown.error);
  }
}
