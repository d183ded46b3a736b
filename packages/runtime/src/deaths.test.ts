import { describe, expect, it } from 'vitest';
import { DeathRegister } from './deaths.ts';

describe('deaths of owners', () => {
  it('make a partition suspicious when two fall within a minute', () => {
    const deaths = new DeathRegister();
    deaths.observeWorkers(0, 0);
    deaths.ownerDied(3, 1, 1_000);
    deaths.ownerDied(3, 1, 2_000);
    expect(deaths.isSuspicious(3, 2_000)).toBe(false);
    deaths.ownerDied(3, 2, 60_000);
    expect(deaths.isSuspicious(3, 60_500)).toBe(true);
    expect(deaths.isSuspicious(4, 60_500)).toBe(false);
    expect(deaths.isSuspicious(3, 61_500)).toBe(false);
  });

  it('are learnt by a worker that has just come from the dead workers that the store knows', () => {
    const deaths = new DeathRegister();
    deaths.observeWorkers(2, 0);
    deaths.ownerDied(3, 1, 2_000);
    expect(deaths.isSuspicious(3, 2_000)).toBe(true);
    expect(deaths.isSuspicious(5, 2_000)).toBe(false);
    expect(deaths.isSuspicious(3, 60_000)).toBe(false);
  });
});
