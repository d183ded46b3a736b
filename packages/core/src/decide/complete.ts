import type { Json } from '../json.ts';
import { evaluateTemplate } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { TaskNode } from '../program/nodes.ts';
import { checkSchema } from '../program/schemas.ts';
import { contextOf, frameOf, valueOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import { isExtending } from './extended.ts';
import { endFork } from './fork.ts';
import { cancelBelow, giveUpBelow } from './give-up.ts';
import { hasLoose, takesCourse } from './held.ts';
import type { Completion, Machine } from './machine.ts';

/** Ends a task with its raw output: `output.as`, schemas, `export.as`, then where the flow goes next. */
export function completeTask(m: Machine, frame: Frame, rawOutput: Json, how: Completion = {}): void {
  const node = m.node(frame);
  const parent = m.parent(frame);
  let out: Json;
  let context: Json | undefined;
  let raw: { raw?: Json } = {};
  try {
    if (rawOutput !== valueOf(m.state, parent)) m.keep(rawOutput, 'The output');
    raw = { raw: rawOutput };
    ({ out, context } = transformOutput(m, frame, node, rawOutput));
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return m.raise(frame, error.error, {
      ...(how.attempt === undefined ? {} : { attempt: how.attempt }),
      ...(how.pure ? { end: 'unsent' as const } : { end: 'completed' as const, ...raw }),
    });
  }
  const then = how.then ?? node.then;
  const goes = isExtending(parent) && then !== 'continue' ? { goes: then } : undefined;
  const to =
    goes !== undefined
      ? undefined
      : typeof then === 'object'
        ? then.to
        : then === 'exit' || then === 'end'
          ? -1
          : undefined;
  const unchanged = out === valueOf(m.state, parent);
  m.emit({
    type: 'task.completed',
    at: m.at,
    f: frame.id,
    ...(how.attempt === undefined ? {} : { a: how.attempt }),
    ...(unchanged ? {} : { out }),
    ...(context === undefined ? {} : { ctx: context }),
    ...(to === undefined ? {} : { to }),
    ...goes,
    ...(how.reused === undefined ? {} : { reused: true as const }),
    ...(how.pure === undefined ? {} : { pure: true as const }),
    ...((frame.effect ?? frame.child ?? frame.ask)?.place !== undefined && rawOutput !== out ? { raw: rawOutput } : {}),
  });
  if (takesCourse(m, parent)) return;
  if (then === 'end' && goes === undefined) endRun(m, parent, out);
  else m.after(parent);
}

/** Ends the run gracefully: every enclosing step completes with the value, other branches have lost, and the flow's own output is made from it. */
function endRun(m: Machine, innermost: Frame, value: Json): void {
  for (let frame = innermost; frame.p !== undefined; ) {
    const parent = frameOf(m.state, frame.p);
    if (frame.kind === 'branch') endFork(m, parent, frame);
    else m.emit({ type: 'task.completed', at: m.at, f: frame.id, out: value, to: -1 });
    frame = parent;
  }
  finishRun(m, value);
}

/** Completes the run with the value that its last task gave, once the losers of its races have their answers. */
export function finishRun(m: Machine, value: Json): void {
  if (hasLoose(m.state)) return;
  const { flow } = m;
  const scope = m.flowScope();
  try {
    const out =
      flow.outputAs === undefined ? value : m.keep(evaluateTemplate(flow.outputAs, value, scope), "The flow's output");
    if (flow.outputSchema !== undefined) checkSchema(flow.outputSchema, out, "The flow's output");
    m.emit({ type: 'run.completed', at: m.at, out });
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.emit({ type: 'run.faulted', at: m.at, error: error.error });
  }
}

/** Cancels the run, once nothing that it sent is without an answer. */
export function cancelRun(m: Machine): void {
  const root = frameOf(m.state, 0);
  if (!giveUpBelow(m, root)) return;
  cancelBelow(m, root);
  m.emit({ type: 'run.cancelled', at: m.at });
}

function transformOutput(
  m: Machine,
  frame: Frame,
  node: TaskNode,
  rawOutput: Json,
): { out: Json; context: Json | undefined } {
  if (
    node.outputAs === undefined &&
    node.outputSchema === undefined &&
    node.exportAs === undefined &&
    node.exportSchema === undefined
  )
    return { out: rawOutput, context: undefined };
  const scope = m.scope(frame);
  scope.rawOutput = rawOutput;
  const out =
    node.outputAs === undefined
      ? rawOutput
      : m.keep(evaluateTemplate(node.outputAs, rawOutput, scope), 'The transformed output');
  if (node.outputSchema !== undefined) checkSchema(node.outputSchema, out, 'The output');
  scope.output = out;
  const context =
    node.exportAs === undefined
      ? undefined
      : m.keep(evaluateTemplate(node.exportAs, out, scope), 'The exported context');
  if (node.exportSchema !== undefined)
    checkSchema(node.exportSchema, context ?? contextOf(m.state, frame), 'The exported context');
  return { out, context };
}
