import { FencedError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { commitOf, journalOf, own } from './store-builders.ts';
import type { Tools } from './store-tools.ts';
import { waitUntil } from './wait-until.ts';

/** What a store does when its database goes back to an earlier point, or may have. Runs last: nobody owns anything after it. */
export function lineageTests(tools: Tools): void {
  describe('a new lineage', () => {
    it('has a higher number and takes every partition from its owner, at epochs that none of them had', async () => {
      const { lease, runs } = await tools.begin(190);
      const before = await tools.worker().view();
      const latest = Math.max(...before.leases.map(({ epoch }) => epoch));
      await tools.newLineage();
      await waitUntil('it is seen', async () => {
        const view = await tools
          .worker()
          .view()
          .catch(() => undefined);
        return (view?.lineage?.number ?? 0) > (before.lineage?.number ?? 0);
      });
      const after = await tools.worker().view();
      expect(after.lineage?.number).toBe((before.lineage?.number ?? 0) + 1);
      expect(after.lineage?.at).toBeGreaterThan(before.lineage?.at ?? 0);
      expect(after.leases.filter(({ worker, epoch }) => worker !== null || epoch <= latest)).toEqual([]);
      const next = commitOf([lease], { journal: [journalOf(runs[0] ?? '', 3)] });
      let refused: unknown;
      await waitUntil('the old owner is answered', async () => {
        refused = await tools
          .worker()
          .commit(next)
          .catch((error: unknown) => error);
        return refused instanceof FencedError;
      });
      expect(refused).toMatchObject({ partitions: [190] });
      const again = await own(tools.worker(), 190);
      expect(again.epoch).toBeGreaterThan(latest);
      await tools.worker().commit({ ...next, leases: [again] });
      expect((await tools.worker().view()).lineage).toEqual(after.lineage);
    });
  });
}
