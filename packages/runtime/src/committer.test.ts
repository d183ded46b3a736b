import type { Commit, CommitResult } from '@pawl/core';
import { FencedError, partitionOf, PoisonError, UnknownCommitError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import type { CommitHost } from './committer.ts';
import { Committer } from './committer.ts';
import type { Part } from './part.ts';
import { consumingPart } from './part.ts';
import type { Run } from './run-table.ts';
import { TestClock } from './test-world.fixture.ts';

type FakeRun = Pick<Run, 'id' | 'partition' | 'phase'> & { size: number };

/** A committer whose host writes one journal row of a given size for each run. */
class Bench {
  readonly clock = new TestClock();
  readonly commits: Commit[] = [];
  readonly settled: string[] = [];
  readonly poisoned: string[] = [];
  readonly lostPartitions = new Set<number>();
  failure: Error | undefined;
  /** Answers a commit. */
  reply: (commit: Commit) => Promise<CommitResult> = async () => ({ lost: [] });
  afterUnknown: (parts: readonly Part[]) => { landed: readonly Part[]; again: readonly Part[] } = (parts) => ({
    landed: [],
    again: parts,
  });
  readonly committer: Committer;

  constructor() {
    const store = {
      commit: async (commit: Commit) => {
        this.commits.push(commit);
        return this.reply(commit);
      },
    };
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    this.committer = new Committer(
      { store, clock: this.clock, random: { next: () => 0.5, hex: () => '' }, log, fault: () => {} },
      this.host(),
    );
  }

  add(id: string, size = 10): FakeRun {
    const run: FakeRun = { id, partition: partitionOf(id), phase: 'gathering', size };
    this.committer.add(run as unknown as Run);
    return run;
  }

  runsOf(index: number): string[] {
    return (this.commits[index]?.journal ?? []).map((row) => row.run);
  }

  private host(): CommitHost {
    return {
      prepare: (run) => {
        const fake = run as unknown as FakeRun;
        if (fake.phase === 'gone') return undefined;
        const journal = { partition: fake.partition, run: fake.id, from: 1, to: 1, format: 1, body: '', checksum: 0 };
        return {
          ...consumingPart({ partition: fake.partition, id: '' }),
          run,
          journal,
          consumed: [],
          characters: fake.size,
        };
      },
      lease: (partition) => (this.lostPartitions.has(partition) ? undefined : { partition, epoch: 1 }),
      settled: (settled) => {
        for (const { part, lost } of settled)
          this.settled.push(`${part.run?.id ?? 'message'}${lost === undefined ? '' : ' lost'}`);
      },
      fenced: (partitions) => {
        for (const partition of partitions) this.lostPartitions.add(partition);
      },
      poisoned: (part) => this.poisoned.push(part.run?.id ?? 'message'),
      unknown: async (parts) => this.afterUnknown(parts),
      failed: (error) => {
        this.failure = error;
      },
    };
  }
}

/** A promise that the test resolves. */
function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('a committer', () => {
  it('writes at once when it is idle', async () => {
    const bench = new Bench();
    bench.add('a-01');
    await bench.clock.settle();
    expect(bench.settled).toEqual(['a-01']);
    expect(bench.clock.mono()).toBe(0);
  });

  it('gathers while a commit is in flight, and the next takes all of it', async () => {
    const bench = new Bench();
    const first = gate();
    bench.reply = async () => {
      await first.promise;
      return { lost: [] };
    };
    bench.add('a-01');
    await bench.clock.settle();
    for (const id of ['b-02', 'c-03', 'd-02']) bench.add(id);
    await bench.clock.settle();
    expect(bench.commits).toHaveLength(1);
    first.open();
    await bench.clock.settle();
    expect([bench.runsOf(0), bench.runsOf(1)]).toEqual([['a-01'], ['b-02', 'c-03', 'd-02']]);
    expect(bench.commits[1]?.leases.map(({ partition }) => partition)).toEqual([2, 3]);
  });

  it('follows a commit up only after it is in', async () => {
    const bench = new Bench();
    const first = gate();
    bench.reply = async () => {
      await first.promise;
      return { lost: [] };
    };
    bench.add('a-01');
    await bench.clock.settle();
    expect(bench.settled).toEqual([]);
    first.open();
    await bench.clock.settle();
    expect(bench.settled).toEqual(['a-01']);
  });

  it('puts at most a thousand runs into one commit', async () => {
    const bench = new Bench();
    for (let n = 0; n < 2_300; n += 1) bench.add(`run${n}-05`);
    await bench.clock.settle();
    expect(bench.commits.map((commit) => commit.journal.length)).toEqual([1_000, 1_000, 300]);
    expect(new Set(bench.settled).size).toBe(2_300);
  });

  it('puts at most four million characters into one commit, and a large run into one of its own', async () => {
    const bench = new Bench();
    bench.add('a-01');
    bench.add('big-01', 2_000_000);
    bench.add('b-01');
    for (let n = 0; n < 5; n += 1) bench.add(`mid${n}-01`, 1_000_000);
    await bench.clock.settle();
    expect(bench.commits.map((_, index) => bench.runsOf(index))).toEqual([
      ['a-01'],
      ['big-01'],
      ['b-01', 'mid0-01', 'mid1-01', 'mid2-01', 'mid3-01'],
      ['mid4-01'],
    ]);
  });

  it('sends the rest again when partitions were lost', async () => {
    const bench = new Bench();
    bench.reply = async (commit) => {
      if (commit.leases.some(({ partition }) => partition === 2)) throw new FencedError([2]);
      return { lost: [] };
    };
    for (const id of ['a-01', 'b-02', 'c-03']) bench.add(id);
    await bench.clock.settle();
    expect(bench.settled).toEqual(['a-01', 'c-03']);
  });

  it('halves a batch until the run that the database refuses is alone', async () => {
    const bench = new Bench();
    bench.reply = async (commit) => {
      if (commit.journal.some(({ run }) => run.startsWith('bad')))
        throw new PoisonError('22021', 'invalid text', undefined);
      return { lost: [] };
    };
    for (let n = 0; n < 20; n += 1) bench.add(n === 13 ? 'bad-01' : `run${n}-01`);
    await bench.clock.settle();
    expect(bench.poisoned).toEqual(['bad-01']);
    expect(bench.settled).toHaveLength(19);
  });

  it('keeps what it has while the database cannot be reached', async () => {
    const bench = new Bench();
    let failures = 5;
    bench.reply = async () => {
      if (failures-- > 0) throw new Error('connection refused');
      return { lost: [] };
    };
    bench.add('a-01');
    await bench.clock.until(() => bench.settled.length === 1);
    expect(bench.commits).toHaveLength(6);
  });

  it('asks what was written when a reply is lost, and sends only the rest again', async () => {
    const bench = new Bench();
    let first = true;
    bench.reply = async () => {
      if (!first) return { lost: [] };
      first = false;
      throw new UnknownCommitError(new Error('reset'));
    };
    bench.afterUnknown = (parts) => ({ landed: parts.slice(0, 1), again: parts.slice(1) });
    bench.add('a-01');
    bench.add('b-02');
    await bench.clock.settle();
    expect([bench.runsOf(0), bench.runsOf(1)]).toEqual([['a-01', 'b-02'], ['b-02']]);
    expect(bench.settled).toEqual(['a-01', 'b-02']);
  });

  it('does not write runs that left memory before their turn', async () => {
    const bench = new Bench();
    bench.add('a-01').phase = 'gone';
    bench.add('b-01');
    await bench.clock.settle();
    expect(bench.runsOf(0)).toEqual(['b-01']);
  });

  it('consumes messages that led to nothing without a run', async () => {
    const bench = new Bench();
    bench.committer.consume({ partition: 4, id: 'm1' });
    await bench.clock.settle();
    expect(bench.commits[0]?.consumed).toEqual([{ partition: 4, id: 'm1' }]);
    expect(bench.commits[0]?.leases).toEqual([{ partition: 4, epoch: 1 }]);
  });

  it('writes nothing more once it was stopped', async () => {
    const bench = new Bench();
    bench.committer.stop();
    bench.add('a-01');
    await bench.clock.settle();
    expect(bench.commits).toEqual([]);
  });
});
