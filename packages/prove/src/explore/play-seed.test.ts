import { describe, expect, it } from 'vitest';
import { notExercised, verdictOf, emptyReport, merge } from './explore.ts';
import { pairs } from './fault-table.ts';
import { playSeed } from './play-seed.ts';
import { reportText } from './report-text.ts';

async function historyOf(seed: number): Promise<string[]> {
  const lines: string[] = [];
  await playSeed({ seed, trace: (line) => lines.push(line) });
  return lines;
}

describe('a seed', () => {
  it('gives the same history each time', async () => {
    for (const seed of [1, 141, 173, 921, 4706]) {
      const history = await historyOf(seed);
      expect(history.length).toBeGreaterThan(5);
      expect(await historyOf(seed), `seed ${seed}`).toEqual(history);
    }
  });

  it('that is about a fault meets it', async () => {
    const focus = { kind: 'lockLost', boundary: 'commit.written' } as const;
    let met = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const { fired } = await playSeed({ seed, focus });
      if (fired.has('lockLost commit.written')) met += 1;
    }
    expect(met).toBeGreaterThan(10);
  });
});

describe('a report', () => {
  it('says what never happened, and proves nothing then', () => {
    const report = { ...emptyReport(), seeds: 1, fired: { 'crash commit.before': 1 } };
    expect(verdictOf(report)).toBe('not exercised');
    expect(notExercised(report)).toHaveLength(pairs.length - 1);
    expect(reportText(report, 1_000)).toContain('Never happened, though possible:\n  crash commit.sent');
  });

  it('adds up what several processes found, and names the seeds that broke a promise', () => {
    const report = emptyReport();
    const fired = Object.fromEntries(pairs.map(({ kind, boundary }) => [`${kind} ${boundary}`, 2]));
    merge(report, { ...emptyReport(), seeds: 500, fired });
    expect(verdictOf(report)).toBe('proven');
    merge(report, {
      ...emptyReport(),
      seeds: 500,
      fired,
      findings: [{ seed: 7, violations: [{ invariant: 'I2', what: 'applied 2 times' }] }],
    });
    expect(report).toMatchObject({ seeds: 1_000, fired: { 'crash commit.before': 4 } });
    expect(verdictOf(report)).toBe('violated');
    expect(reportText(report, 2_000)).toContain('seed 7\n  I2: applied 2 times');
  });
});
