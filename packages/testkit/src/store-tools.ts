import type { Lease, Store, WorkerStore } from '@pawl/core';
import { PawlError } from '@pawl/core';

/** What the tests of a suite share. */
export interface Tools {
  readonly store: () => Store;
  readonly worker: () => WorkerStore;
  readonly other: () => WorkerStore;
  readonly settled: () => Promise<void>;
  /** Lets the database begin a new lineage. */
  readonly newLineage: () => Promise<void>;
  /** A flow that is deployed. */
  readonly flow: () => Promise<string>;
  /** Begins runs in a partition that the first worker takes over, each with one journal row. */
  readonly begin: (partition: number, runs?: number) => Promise<{ lease: Lease; runs: string[] }>;
}

/** The code of the error that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof PawlError ? error.code : error instanceof Error ? error.name : String(error)),
  );
}

/** All items of a list, page by page. */
export async function everyPage<T>(
  read: (cursor: string | null) => Promise<{ items: readonly T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null, pages = 0; pages < 1_000; pages += 1) {
    const page = await read(cursor);
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
  throw new Error('a list of more than 1,000 pages: its cursor does not move');
}
