import type { ListPage } from '@pawl/core';
import { PawlError } from '@pawl/core';

/** The page of a list after a cursor: each kind of list has its own cursors. */
export function pageOf<T>(
  kind: string,
  items: readonly T[],
  nameOf: (item: T) => string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): ListPage<T> {
  let from = 0;
  if (cursor !== null) {
    const at = items.findIndex((item) => `${kind}:${nameOf(item)}` === cursor);
    if (at < 0)
      throw new PawlError('PAWL_REQUEST_INVALID', 'The cursor is not one that this list gave; begin without a cursor.');
    from = at + 1;
  }
  const page = items.slice(from, from + limit);
  const last = page.at(-1);
  return { items: page, next: from + limit < items.length && last !== undefined ? `${kind}:${nameOf(last)}` : null };
}
