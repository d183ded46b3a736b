import type { FlowError } from '../flow-error.ts';
import type { Json } from '../json.ts';
import type { Frame } from '../state/state.ts';

/** The rows of a page, or why they cannot be read any more. */
export type PageRows = readonly Json[] | { readonly missing: FlowError };

/**
 * The rows of the page that a batch works on. They live beside the state, not in it: a page is read again from its
 * journaled cursor, so a batch of any size costs the journal a few bytes a page.
 */
const rows = new WeakMap<Frame, PageRows>();

/** Rows of the page that runs; undefined after a load, until they are read again. */
export function pageRowsOf(frame: Frame): PageRows | undefined {
  return rows.get(frame);
}

/** Puts the page that was read beside the frame. */
export function setPageRows(frame: Frame, page: PageRows): void {
  rows.set(frame, page);
}
