import type { Pending } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import type { Work } from './works.ts';
import { Works } from './works.ts';

const work = (kind: Work['kind'], frame: number, attempt = 0): Work => ({
  kind,
  frame,
  attempt,
  cancel: () => undefined,
});
const permit = (frame: number): Pending => ({ kind: 'permit', frame, target: 't', concurrency: 1 });
const attempt = (frame: number, n: number): Pending => ({ kind: 'attempt', frame, attempt: n, due: 0, target: 't' });

function worksOf(...list: readonly Work[]): Works {
  const works = new Works();
  for (const one of list) works.add(one);
  return works;
}

describe('what is under way for a run', () => {
  it('is found by what it is for; an attempt that was found lost counts as that attempt', () => {
    const [sent, lost, wait] = [work('attempt', 1, 1), work('lost', 2, 3), work('permit', 1)];
    const works = worksOf(sent, lost, wait);
    expect([works.attempt(1, 1), works.attempt(2, 3), works.other('permit', 1)]).toEqual([sent, lost, wait]);
    expect([works.attempt(1, 2), works.other('page', 1), works.other('permit', 2)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(() => works.add(work('attempt', 2, 3))).toThrow(/for the same/);
  });

  it('is stale where nothing pending is for it, the last one first', () => {
    const kept = [work('attempt', 1, 2), work('permit', 2)];
    const works = worksOf(work('attempt', 3, 1), ...kept, work('page', 1), work('attempt', 2, 1));
    const stale = works.dropStale([attempt(1, 2), permit(2), permit(3)]);
    expect(stale.map(({ kind, frame }) => [kind, frame])).toEqual([
      ['attempt', 2],
      ['page', 1],
      ['attempt', 3],
    ]);
    expect(works.all()).toEqual(kept);
  });

  it('is not dropped for another that has taken its place', () => {
    const [first, second] = [work('permit', 1), work('permit', 1)];
    const works = worksOf(first);
    works.drop(first);
    works.add(second);
    works.drop(first);
    expect(works.all()).toEqual([second]);
  });

  it('leaves with its run, except for attempts that go on for a successor', () => {
    const [sent, lost, wait] = [work('attempt', 1, 1), work('lost', 2, 1), work('permit', 3)];
    const works = worksOf(sent, lost, wait);
    expect(works.clear(true)).toEqual([lost, wait]);
    expect(works.all()).toEqual([sent]);
    expect([works.clear(false), works.all()]).toEqual([[sent], []]);
  });
});
