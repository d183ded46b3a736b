import { evaluate, truthy } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { SwitchCase, TaskNode } from '../program/nodes.ts';
import type { Frame } from '../state/state.ts';
import type { Machine } from './machine.ts';
import type { Scope } from './scope.ts';

/** Takes the first case that holds, else the default, else the task's own `then`. Its output is its input. */
export function afterSwitch(
  m: Machine,
  frame: Frame,
  node: TaskNode & { readonly kind: 'switch' },
  scope: Scope,
): void {
  let chosen: SwitchCase | undefined;
  try {
    chosen = node.cases.find((one) => one.when !== undefined && truthy(evaluate(one.when, scope.input, scope)));
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return m.raise(frame, error.error);
  }
  chosen ??= node.cases.find((one) => one.when === undefined);
  m.complete(frame, scope.input, chosen === undefined ? {} : { then: chosen.then });
}
