import { describe, expect, it } from 'vitest';
import type { Evidence } from './invariants.ts';
import { I1, I2, I3, I4, I5, I6, invariants } from './invariants.ts';
import { playWorld } from './play-seed.ts';
import { World } from './world.ts';

/** A world that has lived, in which nothing is wrong. */
async function evidence(): Promise<Evidence> {
  for (let seed = 1; ; seed += 1) {
    const world = new World({ seed });
    const found = await playWorld(world);
    const { ledger, tables, auditor } = found;
    const guarantees = [...ledger.entries.values()].map((entry) => entry.guarantee);
    const asked = [...tables.runs.values()].some((record) => record.decisions.size > 0);
    const keyed = [...tables.runs.values()].some((record) => record.key !== null);
    if (!asked || !keyed || !guarantees.includes('once') || !guarantees.includes('keyed')) continue;
    for (const invariant of invariants) invariant(found);
    expect(auditor.violations).toEqual([]);
    return found;
  }
}

/** What is found in a world with which somebody has tampered. */
async function foundBy(
  invariant: (evidence: Evidence) => void,
  tamper: (evidence: Evidence) => void,
): Promise<string[]> {
  const found = await evidence();
  tamper(found);
  invariant(found);
  return found.auditor.violations.map(({ invariant: name, what }) => `${name} ${what}`);
}

const entryOf = ({ ledger }: Evidence, guarantee: string) => {
  const entry = [...ledger.entries.values()].find((one) => one.guarantee === guarantee && one.applied === 1);
  if (entry === undefined) throw new Error(`there is no ${guarantee} effect`);
  return entry;
};

const recordOf = ({ tables }: Evidence) => {
  const record = [...tables.runs.values()].find((one) => one.journal.length > 1);
  if (record === undefined) throw new Error('there is no run of several rows');
  return record;
};

describe('the invariants', () => {
  it('I1 finds an effect that was applied twice, and one that completed without', async () => {
    const twice = await foundBy(I1, (world) => void (entryOf(world, 'keyed').applied = 2));
    expect(twice[0]).toMatch(/^I1 .*applied 2 times/);
    const never = await foundBy(I1, (world) => {
      for (const entry of world.ledger.entries.values()) entry.applied = 0;
    });
    expect(never[0]).toMatch(/^I1 .*completed and was applied 0 times/);
  });

  it('I2 finds an effect that happened twice though it must not, and a question that nobody can see', async () => {
    expect((await foundBy(I2, (world) => void (entryOf(world, 'once').applied = 2)))[0]).toMatch(
      /^I2 .*applied 2 times/,
    );
    const unseen = await foundBy(I2, ({ tables }) => {
      for (const record of tables.runs.values()) record.decisions.clear();
    });
    expect(unseen[0]).toMatch(/^I2 the question .* is not listed/);
  });

  it('I3 finds an accepted start that is lost', async () => {
    expect((await foundBy(I3, ({ tables }) => tables.runs.clear()))[0]).toMatch(
      /^I3 the accepted start of run .* is lost/,
    );
  });

  it('I4 finds a gap in a journal, and a run that is listed as what it is not', async () => {
    expect((await foundBy(I4, (world) => void recordOf(world).journal.splice(0, 1)))[0]).toMatch(/^I4 .*after event 0/);
    expect((await foundBy(I4, (world) => void (recordOf(world).status = 'running')))[0]).toMatch(
      /^I4 .*is listed as running/,
    );
  });

  it('I5 finds a journal that does not fold to the state', async () => {
    const found = await foundBy(I5, (world) => {
      const state = world.auditor.runs.get(recordOf(world).run)?.state;
      if (state !== undefined) state.context = { changed: true };
    });
    expect(found[0]).toMatch(/^I5 the journal of run .* does not fold to its state/);
  });

  it('I6 finds a run that is stuck, and a message that nobody took', async () => {
    expect((await foundBy(I6, (world) => void (recordOf(world).status = 'waiting')))[0]).toMatch(
      /^I6 run .* is waiting/,
    );
    const left = await foundBy(I6, ({ tables }) => {
      const message = { kind: 'cancel', by: 'lena' } as const;
      tables.inbox.set('m', { partition: 0, id: 'm', run: 'r', at: 0, message });
    });
    expect(left).toEqual(['I6 message m was never taken']);
  });
});
