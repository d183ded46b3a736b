import { expect, it } from 'vitest';
import { runSafety } from './testing/safety.ts';

it('hostile programs end in time and reach nothing (seed 5)', () => {
  const threadMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  // Twice the time that is promised: the machine that runs the tests does other things too.
  expect(runSafety({ programs: 40, seed: 5, longestMs: 1000, threadMs })).toEqual([]);
});
