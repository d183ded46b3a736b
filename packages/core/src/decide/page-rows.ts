import type { Json } from '../json.ts';
import type { Frame } from '../state/state.ts';

/**
 * The rows of the page that a batch works on. They live beside the state, not in it: a page is read again from its
 * journaled cursor, so a batch of any size costs the journal a few bytes a page.
 */
const rows = new WeakMap<Frame, readonly Json[]>();

/** Rows of the page that runs; undefined after a load, until they are read again. */
export function pageRowsOf(frame: Frame): readonly Json[] | undefined {
  return rows.get(frame);
}

/** Puts the page that was read beside the frame. */
export function setPageRows(frame: Frame, page: readonly Json[]): void {
  rows.set(frame, page);
}
