import type { LeaseView, WorkerView } from '@pawl/core';
import { partitionCount } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { BeatWatch, planShare } from './share.ts';

const worker = (name: string, more: Partial<WorkerView> = {}): WorkerView => ({
  worker: name,
  beat: 1,
  locked: true,
  shares: true,
  ...more,
});

function question(
  owners: (partition: number) => string | null,
  workers: readonly WorkerView[],
  watch = new BeatWatch(),
  mono = 0,
) {
  const leases: LeaseView[] = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    epoch: 1,
    worker: owners(partition),
  }));
  return {
    me: 'me',
    shares: true,
    only: undefined,
    leases,
    workers,
    owned: (partition: number) => owners(partition) === 'me',
    watch,
    mono,
    offset: 0,
  };
}

const owners: ReadonlySet<string> = new Set(['other']);

describe('a share', () => {
  it('is everything for a worker alone', () => {
    expect(planShare(question(() => null, [worker('me')])).take).toHaveLength(256);
  });

  it('is half for each of two', () => {
    const workers = [worker('me'), worker('other')];
    expect(planShare(question(() => null, workers)).take).toHaveLength(128);
    expect(planShare(question(() => 'me', workers))).toMatchObject({ take: [], surplus: 128 });
  });

  it('of three covers all partitions when each takes its own', () => {
    const workers = [worker('me'), worker('b'), worker('c')];
    expect(planShare(question(() => null, workers)).take).toHaveLength(86);
    expect(planShare(question((partition) => (partition < 86 ? 'me' : null), workers)).surplus).toBe(0);
  });

  it('counts only workers that share', () => {
    expect(planShare(question(() => null, [worker('me'), worker('one', { shares: false })])).take).toHaveLength(256);
  });

  it('takes what names this worker without its knowing, though it has its share', () => {
    const workers = [worker('me'), worker('other')];
    const asked = question((partition) => (partition < 129 ? 'me' : 'other'), workers);
    const plan = planShare({ ...asked, owned: (partition) => partition < 128 });
    expect(plan.take.map((lease) => lease.partition)).toEqual([128]);
  });

  it('takes nothing from an owner that lives', () => {
    const watch = new BeatWatch();
    const workers = [worker('me'), worker('other')];
    watch.observe(workers, 0, owners);
    expect(planShare(question(() => 'other', workers, watch, 9_999)).take).toEqual([]);
  });

  it('takes the partitions of an owner whose lock is free and whose beat stands still for two seconds', () => {
    const watch = new BeatWatch();
    const workers = [worker('me'), worker('other', { locked: false })];
    watch.observe(workers, 0, owners);
    expect(planShare(question(() => 'other', workers, watch, 1_999)).take).toEqual([]);
    expect(planShare(question(() => 'other', workers, watch, 2_000)).take).toHaveLength(256);
  });

  it('waits a whole lease for an owner that holds its lock and does not beat', () => {
    const watch = new BeatWatch();
    const workers = [worker('me'), worker('other')];
    watch.observe(workers, 500, owners);
    expect(watch.isDead('other', 10_499)).toBe(false);
    expect(watch.isDead('other', 10_500)).toBe(true);
  });

  it('begins to wait again with each beat', () => {
    const watch = new BeatWatch();
    watch.observe([worker('other', { locked: false })], 0, owners);
    watch.observe([worker('other', { locked: false, beat: 2 })], 1_500, owners);
    expect(watch.isDead('other', 3_000)).toBe(false);
    expect(watch.isDead('other', 3_500)).toBe(true);
  });

  it('takes what an owner had that no list of workers names', () => {
    const watch = new BeatWatch();
    watch.expect('ghost', 0);
    expect(watch.isDead('ghost', 1_999)).toBe(false);
    expect(planShare(question(() => 'ghost', [worker('me')], watch, 2_000)).take).toHaveLength(256);
  });

  it('takes nothing from owners whose beats nobody could see for a while, until they had time to beat again', () => {
    const watch = new BeatWatch();
    const other = worker('other');
    watch.observe([other], 0, owners);
    watch.observe([{ ...other, beat: 2 }], 1_000, owners);
    watch.observe([{ ...other, beat: 2 }], 1_900, owners);
    const restarted = [{ ...other, beat: 2, locked: false }];
    watch.observe(restarted, 30_000, owners);
    expect(watch.isDead('other', 30_000), 'the database was gone').toBe(false);
    watch.observe(restarted, 30_500, owners);
    expect(watch.isDead('other', 30_500)).toBe(false);
    watch.observe(restarted, 31_500, owners);
    expect(watch.isDead('other', 31_500), 'it had a second').toBe(true);
    let slow = 31_500;
    const rare = new BeatWatch();
    for (; slow < 60_000; slow += 3_000) rare.observe(restarted, slow, owners);
    expect(rare.isDead('other', slow), 'seen rarely, but again and again').toBe(true);
  });

  it('takes back what bears its own name and is not held', () => {
    const asked = { ...question(() => 'me', [worker('me')]), owned: () => false };
    expect(planShare(asked).take).toHaveLength(256);
  });

  it('of a worker that runs one run is that run’s partition, if it is free', () => {
    const asked = { ...question(() => null, [worker('me')]), shares: false, only: new Set([7]) };
    expect(planShare(asked).take.map(({ partition }) => partition)).toEqual([7]);
    expect(planShare({ ...asked, leases: asked.leases.map((lease) => ({ ...lease, worker: 'other' })) }).take).toEqual(
      [],
    );
  });
});

describe('what is known of beats', () => {
  it('is forgotten of workers that have left and own nothing, and kept of owners', () => {
    const watch = new BeatWatch();
    for (let n = 0; n < 100; n += 1) watch.observe([worker(`w${n}`), worker('other')], n * 100, owners);
    expect(watch.size).toBe(2);
    watch.observe([], 10_000, owners);
    watch.observe([], 12_000, owners);
    expect(watch.size).toBe(1);
    expect(watch.isDead('other', 12_000)).toBe(true);
  });
});
