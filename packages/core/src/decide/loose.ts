import type { Json } from '../json.ts';
import { FlowFault } from '../program/fault.ts';
import type { Template } from '../program/expression.ts';
import { variablesOf } from '../program/expression.ts';
import type { TaskNode } from '../program/nodes.ts';
import { frameOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import { cancelBelow, giveUpBelow } from './give-up.ts';
import type { Machine } from './machine.ts';
import { descendants, isOver, unresolved } from './machine.ts';

/**
 * Takes the losers of a race out of their fork. What has not left is given up; a branch with an effect whose outcome is
 * not known goes to the run's root, and stays there until it is.
 */
export function loosenBelow(m: Machine, fork: Frame): void {
  giveUpBelow(m, fork);
  const losers = new Map<number, Frame[]>();
  for (const below of descendants(m.state, fork)) {
    if (!unresolved(below)) continue;
    const branch = branchIn(m, fork, below);
    losers.set(branch, [...(losers.get(branch) ?? []), below]);
  }
  for (const frame of descendants(m.state, fork).reverse()) {
    const open = losers.get(frame.p ?? 0);
    if (open === undefined) continue;
    const vars = variablesAround(m, fork, open);
    m.emit({ type: 'task.loosed', at: m.at, f: frame.id, ...(Object.keys(vars).length === 0 ? {} : { vars }) });
  }
  cancelBelow(m, fork);
}

/** The last outcome in a loose branch may be known: then it goes, and the run may end that waited for it. */
export function looseDone(m: Machine, branch: Frame): void {
  if (!giveUpBelow(m, branch)) return;
  cancelBelow(m, branch);
  const root = frameOf(m.state, 0);
  if (isOver(m.flow, root)) m.advance(root);
}

/** Id of the branch of a fork in which a step runs. */
function branchIn(m: Machine, fork: Frame, from: Frame): number {
  let frame = from;
  while (frame.p !== fork.id) frame = m.parent(frame);
  return frame.id;
}

/** The variables of steps around a fork that open effects read: they must be the same when a request is made again. */
function variablesAround(m: Machine, fork: Frame, open: readonly Frame[]): { [name: string]: Json } {
  const bound = new Set<string>();
  for (let frame = fork; frame.p !== undefined; frame = m.parent(frame)) {
    for (const name of namesBound(m.flow.nodes.get(m.parent(frame).step))) bound.add(name);
    for (const name of Object.keys(m.parent(frame).vars ?? {})) bound.add(name);
  }
  const read = new Set(open.flatMap((frame) => templatesOf(m.node(frame)).flatMap(variablesOf)));
  const scope = m.scope(fork);
  const found: { [name: string]: Json } = {};
  for (const name of bound) {
    if (!read.has(name)) continue;
    try {
      found[name] = scope.get(name);
    } catch (error) {
      // The rows of a page that could not be read again: the request cannot be made again either.
      if (!(error instanceof FlowFault)) throw error;
    }
  }
  return found;
}

function namesBound(node: TaskNode | undefined): readonly string[] {
  if (node?.kind === 'for') return [node.each, node.at];
  if (node?.kind === 'listen' && node.foreach !== undefined) return [node.foreach.item, node.foreach.at];
  return node?.kind === 'try' ? [node.as] : [];
}

function templatesOf(node: TaskNode): Template[] {
  const found = [node.outputAs, node.exportAs, ...('args' in node ? [node.args] : [])];
  return found.filter((template) => template !== undefined);
}
