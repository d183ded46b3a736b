import type { JsonObject } from '@pawl/core';
import { callServer, type ListPage } from './api.ts';

/** Items that one request asks for. */
const pageSize = 100;

/** The first `limit` items of a list of the server. */
export async function listAll(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<ListPage> {
  const items: JsonObject[] = [];
  let next: string | null = null;
  do {
    const size = String(Math.min(pageSize, limit - items.length));
    const { body } = await callServer(path, { query: { ...query, limit: size, cursor: next ?? undefined } });
    const page = body as unknown as ListPage;
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < limit);
  return { items, next };
}
