import { invariant } from '../errors.ts';
import type { Json } from '../json.ts';
import { frameOf } from './frames.ts';
import type { ChildState, EffectState, Frame, RunState, TriedEffect } from './state.ts';

/** Records an effect's end with the outermost enclosing `try` that may meet it again. */
export function remember(state: RunState, frame: Frame, ending: { end: TriedEffect['end']; out?: Json }): void {
  const effect = frame.child === undefined ? effectOf(frame) : childEffect(frame.child);
  if (effect.place === undefined) return;
  const keeper = keeperOf(state, frame.p);
  if (keeper?.tried === undefined) return;
  const before = keeper.tried[effect.place];
  if (before === undefined) keeper.triedCount = (keeper.triedCount ?? 0) + 1;
  const n = effect.n ?? 1;
  const same = before?.n === n && before.left ? before : undefined;
  const left = same !== undefined || effect.left || ending.end !== 'unsent';
  const keyAt = left ? { keyAt: same?.keyAt ?? effect.firstAt } : {};
  keeper.tried[effect.place] = { key: effect.key, hash: effect.hash, n, left, ...keyAt, ...ending };
}

/** Records what a step did outside of its run at once (an event, a detached run) with the outermost enclosing `try` that may come by again. */
export function rememberDone(
  state: RunState,
  {
    f,
    place,
    n = 1,
    hash = '',
  }: { readonly f: number; readonly place?: string; readonly n?: number; readonly hash?: string },
  done: { readonly key: string; readonly out: Json },
): void {
  const keeper = keeperOf(state, frameOf(state, f).p);
  if (place === undefined || keeper?.tried === undefined) return;
  if (keeper.tried[place] === undefined) keeper.triedCount = (keeper.triedCount ?? 0) + 1;
  keeper.tried[place] = { key: done.key, hash, n, left: true, end: 'completed', out: done.out };
}

/** A child run as a `try` with `retry` remembers it: like an effect that left. */
function childEffect(child: ChildState): Pick<EffectState, 'key' | 'hash' | 'left' | 'firstAt' | 'place' | 'n'> {
  const { id, hash, startedAt, place, n } = child;
  return { key: id, hash, left: true, firstAt: startedAt, ...(place === undefined ? {} : { place, n: n ?? 1 }) };
}

/** The outermost `try` with `retry` around a place: it remembers every effect that it may meet again. */
export function keeperOf(state: RunState, parent: number | undefined): Frame | undefined {
  let keeper: Frame | undefined;
  for (let id = parent; id !== undefined; id = frameOf(state, id).p) {
    const above = frameOf(state, id);
    if (above.tried !== undefined && above.cursor?.list === 'try') keeper = above;
    const around = above.keeper === undefined ? undefined : state.frames.get(above.keeper);
    if (around?.cursor?.list === 'try') keeper = around;
  }
  return keeper;
}

/** The effect that a step must have. */
export function effectOf(frame: Frame): EffectState {
  invariant(frame.effect !== undefined, `frame ${frame.id} has no effect`);
  return frame.effect;
}
