import type { ExtendedBody, TaskCommon, TaskNode } from '../program/nodes.ts';
import { evaluate, truthy } from '../program/expression.ts';
import type { Frame } from '../state/state.ts';
import type { Machine, Started } from './machine.ts';
import type { Scope } from './scope.ts';

type ExtendedNode = TaskCommon & ExtendedBody & { kind: 'extended' };

/** The node to be entered: without the extensions that do not hold for the task now. */
export function inForce(node: TaskNode, scope: Scope): TaskNode {
  let entered = node;
  while (entered.kind === 'extended' && entered.when !== undefined) {
    if (truthy(evaluate(entered.when, scope.raw, scope))) break;
    const [inner] = entered.inner.tasks;
    if (inner === undefined) break;
    entered = { ...inner, i: node.i };
  }
  return entered;
}

/** Which of its lists an extended task begins with. */
export function startExtended(node: ExtendedBody): Started {
  return node.before.tasks.length > 0 ? { before: true } : {};
}

/**
 * A list of an extended task is done. What the tasks before and after it give is dropped, so that an extension cannot
 * change what a flow computes, but for one case: where a task before it exits, its output stands for the extended task's.
 */
export function extensionDone(m: Machine, frame: Frame): void {
  const node = m.node(frame) as ExtendedNode;
  const { cursor, goes } = frame;
  if (cursor === undefined) return;
  const then = goes === undefined ? {} : { then: goes };
  if (cursor.list === 'after') return m.complete(frame, frame.out ?? null, then);
  if (cursor.list === 'before' && cursor.i < 0) return m.complete(frame, cursor.value);
  if (cursor.list === 'extended' && node.after.tasks.length === 0) return m.complete(frame, cursor.value, then);
  m.emit({ type: 'list.entered', at: m.at, f: frame.id, list: cursor.list === 'before' ? 'extended' : 'after' });
  m.advance(frame);
}

/** Whether a frame is that of an extended task whose own turn it is: a `then` of the task is met by what stands around it. */
export function isExtending(frame: Frame): boolean {
  return frame.kind === 'extended' && frame.cursor?.list === 'extended';
}
