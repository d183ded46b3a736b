import type { CompiledFlow } from '../program/nodes.ts';
import { filtersOf } from '../program/strategy.ts';
import type { RunState } from '../state/state.ts';
import { matchOf } from './strategy/terms.ts';

/** What one filter of a listening step wants of the store: the events that have all of these literal attributes. */
export interface Listening {
  /** The frame that listens: another one of the same step is another visit, whose subscriptions begin anew. */
  readonly frame: number;
  readonly step: string;
  /** Number of the filter among all those of the step. */
  readonly filter: number;
  /** Literal attributes; without a `type` it is about the events of every partition. */
  readonly match: { readonly [name: string]: string };
  /** Events accepted from then on, and earlier ones that nobody took (ms): when the run started. */
  readonly since: number;
}

/** What the run listens for, read off its state. The same until a step begins or ends to listen. */
export function listeners(state: RunState, flow: CompiledFlow): readonly Listening[] {
  const found: Listening[] = [];
  const numbers = new Map<string, number>();
  for (const { id, step, listen } of state.frames.values()) {
    if (listen === undefined || listen.last) continue;
    const node = flow.nodes.get(step);
    if (node?.kind !== 'listen') continue;
    for (const [i, filter] of filtersOf(node.strategy).entries()) {
      const number = numbers.get(step) ?? 0;
      numbers.set(step, number + 1);
      const match = matchOf(filter, listen.terms?.[i]);
      found.push({ frame: id, step, filter: number, match, since: state.startedAt });
    }
  }
  return found;
}

/** Whether a step listens now. An event for one that does not must be able to come again. */
export function hasListener(state: RunState, step: string): boolean {
  for (const frame of state.frames.values()) {
    if (frame.step === step && frame.listen !== undefined && !frame.listen.last) return true;
  }
  return false;
}
