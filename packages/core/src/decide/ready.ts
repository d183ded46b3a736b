import type { CompiledFlow } from '../program/nodes.ts';
import type { Frame, RunState } from '../state/state.ts';
import { pageDone } from './for.ts';
import { isLost, overdue } from './held.ts';
import { listenGoesOn } from './listen.ts';
import { isOver } from './machine.ts';

/**
 * The steps and branches that nothing holds back, in the order in which they started, at most `most` of them: none has a
 * step below it, a delay, or a page to wait for. The run's root is one of them where the run can end.
 */
export function readyFrames(state: RunState, flow: CompiledFlow, most = Number.POSITIVE_INFINITY): readonly Frame[] {
  const holders = new Set<number>();
  let loose = false;
  for (const frame of state.frames.values()) {
    if (isLost(frame)) loose = true;
    else if (frame.p !== undefined) holders.add(frame.p);
  }
  const ready: Frame[] = [];
  for (const frame of state.frames.values()) {
    if (ready.length >= most) break;
    if (holders.has(frame.id) || !goesOn(flow, frame)) continue;
    if (frame.p === undefined && loose && isOver(flow, frame)) continue;
    if (state.cancel === undefined && overdue({ state, flow }, frame) === undefined) ready.push(frame);
  }
  return ready;
}

/** End of the run's deadline, as long as it is not over and waits only for the answers of losers. */
export function runDue(state: RunState, flow: CompiledFlow): number | undefined {
  const root = state.frames.get(0);
  return root === undefined || root.timedOut || isOver(flow, root) ? undefined : state.due;
}

function goesOn(flow: CompiledFlow, frame: Frame): boolean {
  if (frame.kind === 'branch') return !frame.over;
  if (frame.listen !== undefined) return listenGoesOn(flow, frame);
  if (frame.cursor === undefined || frame.until !== undefined) return false;
  return frame.dataset === undefined || !pageDone({ flow }, frame) || frame.page?.last === true;
}
