import type { TaskNode } from '../program/nodes.ts';
import { fault } from '../program/fault.ts';
import type { Frame, TriedEffect } from '../state/state.ts';
import { keeperOf } from '../state/tried.ts';
import { effectKey } from './effect-key.ts';
import type { Machine } from './machine.ts';

/** The key of what a step is to do outside of its run, and what an enclosing retry knows of it. */
export interface Placed {
  readonly key: string;
  /** It was done before, with the same request: nothing is to be done. */
  readonly met?: TriedEffect;
  /** Where an enclosing retry may come by again: the place, and which of it this is. */
  readonly remembered: { readonly place?: string; readonly n?: number };
}

/**
 * The key of an event or a child run: where its step stands in its run, the same however often a retry comes by with the
 * same `hash`, and another one where what was done before was something else, or has failed.
 */
export function placeOf(m: Machine, frame: Frame, node: TaskNode, hash: string): Placed {
  const parent = m.parent(frame);
  const keyOf = (n: number) => effectKey(m.state, parent, node.name, frame.v, n, m.env.hash);
  const keeper = keeperOf(m.state, parent.id);
  if (keeper === undefined) return { key: keyOf(1), remembered: {} };
  const place = keyOf(1);
  const met = keeper.tried?.[place];
  if (met === undefined && (keeper.triedCount ?? 0) >= m.env.limits.triedEffects)
    throw tooMany(m.env.limits.triedEffects);
  if (met?.end === 'open' || (met?.end === 'completed' && met.hash === hash))
    return { key: met.key, met, remembered: {} };
  const n = (met?.n ?? 0) + 1;
  return { key: keyOf(n), remembered: { place, n } };
}

function tooMany(most: number): Error {
  return fault(
    'runtime',
    `A \`try\` with \`retry\` remembers at most ${most} effects, so that none is sent twice; put the retry around fewer of them.`,
  );
}
