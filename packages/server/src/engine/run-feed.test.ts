import type { RunEvent } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { RunFeed } from './run-feed.ts';

const events = (count: number): RunEvent[] => Array.from({ length: count }, () => ({ type: 'run.cancelled', at: 1 }));

describe('the feed of a run', () => {
  it('gives each commit once, in order, to those who follow the run', () => {
    const feed = new RunFeed();
    const [one, two, other] = [feed.follow('a'), feed.follow('a'), feed.follow('b')];
    feed.committed('a', 1, events(2));
    feed.committed('a', 3, events(1));
    expect(one.take(1)).toHaveLength(2);
    expect(one.take(3)).toHaveLength(1);
    expect(one.take(4)).toBeUndefined();
    expect(two.take(3)).toHaveLength(1);
    expect(other.take(1)).toBeUndefined();
  });

  it('does not jump over events that it was not told of', () => {
    const feed = new RunFeed();
    const follower = feed.follow('a');
    feed.committed('a', 5, events(1));
    expect(follower.take(1)).toBeUndefined();
    expect(follower.take(5)).toHaveLength(1);
  });

  it('forgets what a slow reader did not take: that one reads the journal', () => {
    const feed = new RunFeed();
    const follower = feed.follow('a');
    for (let seq = 1; seq < 3_000; seq += 100) feed.committed('a', seq, events(100));
    expect(follower.take(1)).toBeUndefined();
  });

  it('tells nothing more once it is closed', () => {
    const feed = new RunFeed();
    const follower = feed.follow('a');
    follower.close();
    feed.committed('a', 1, events(1));
    expect(follower.take(1)).toBeUndefined();
  });

  it('wakes a waiting reader by a commit, by time and by its signal', async () => {
    const feed = new RunFeed();
    const follower = feed.follow('a');
    const woken = follower.woken(60_000);
    feed.committed('a', 1, events(1));
    await woken;
    await follower.woken(1);
    const stop = new AbortController();
    const aborted = follower.woken(60_000, stop.signal);
    stop.abort();
    await aborted;
    await follower.woken(60_000, AbortSignal.abort());
    expect(follower.take(1)).toHaveLength(1);
  });

  it('does not miss a commit that comes between a read and the wait', async () => {
    const feed = new RunFeed();
    const follower = feed.follow('a');
    expect(follower.take(1)).toBeUndefined();
    feed.committed('a', 1, events(1));
    await follower.woken(60_000);
    expect(follower.take(1)).toHaveLength(1);
  });
});
