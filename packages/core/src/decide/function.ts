import { evaluateTemplate } from '../program/expression.ts';
import { fault } from '../program/fault.ts';
import type { FunctionBody, TaskCommon } from '../program/nodes.ts';
import { frameOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import type { Machine, Started } from './machine.ts';
import type { Scope } from './scope.ts';

/** A call of a function: its arguments are the raw input of the function's task. Functions that call each other have a bound. */
export function startFunction(m: Machine, parent: Frame, node: TaskCommon & FunctionBody, scope: Scope): Started {
  const { callDepth } = m.env.limits;
  let calls = 1;
  for (let frame = parent; frame.p !== undefined; frame = frameOf(m.state, frame.p)) {
    if (frame.kind === 'call') calls += 1;
  }
  if (calls > callDepth)
    throw fault(
      'runtime',
      `Functions call each other more than ${callDepth} levels deep: \`${node.functionName}\` seems to call itself without an end.`,
    );
  return { arg: m.keep(evaluateTemplate(node.args, scope.input, scope), 'The argument') };
}
