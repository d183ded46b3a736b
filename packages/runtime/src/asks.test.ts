import type { Answer, DecisionRow, JsonObject } from '@pawl/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, epoch, task, TestWorld } from './test-world.fixture.ts';

const hour = 3_600_000;
const ask = (more: JsonObject = {}): JsonObject => ({ a: { call: 'ask', with: { title: 'Go?', ...more } } });
const approved: Answer = { decision: 'approved' };

function question(world: TestWorld, run: string): DecisionRow {
  const [row] = [...world.database.decisions.values()].filter((one) => one.run === run);
  if (row === undefined) throw new Error('nothing is asked');
  return row;
}

function answer(world: TestWorld, run: string, by: string, verdict: Answer): void {
  world.send(run, { kind: 'decision', decision: question(world, run).id, verdict, by });
}

async function asking(more: JsonObject = {}): Promise<{ world: TestWorld; run: string }> {
  const world = new TestWorld();
  const worker = await world.started('w1');
  const run = await begin(world, worker, world.deploy([ask(more), task.act('b', { n: 1 })]));
  expect(worker.stats().runs).toBe(0);
  return { world, run };
}

describe('a run that asks a person', () => {
  it('leaves memory, with its question in the store, and goes on with the answer', async () => {
    const { world, run } = await asking({ text: 'Really', to: ['finance'] });
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'approval', loaded: false });
    expect(question(world, run)).toMatchObject({
      ...{ step: '/do/0/a', reason: 'Go?', askedAt: epoch, decided: null },
      ask: { title: 'Go?', text: 'Really', to: ['finance'], reminders: 0 },
    });
    answer(world, run, 'lena', approved);
    await world.clock.until(() => world.status(run) === 'completed');
    expect(question(world, run).decided).toMatchObject({ by: 'lena', verdict: { ...approved, data: null } });
    expect(world.actions.calls).toHaveLength(1);
  });

  it('keeps its question when its owner dies, and the answer that came meanwhile', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const run = await begin(world, first, world.deploy([ask()]));
    await first.stop({ drain: false, timeoutMs: 0 });
    answer(world, run, 'lena', approved);
    await world.started('w2');
    await world.clock.until(() => world.status(run) === 'completed');
    expect(world.types(run).filter((type) => type.startsWith('decision.'))).toEqual([
      'decision.asked',
      'decision.made',
    ]);
  });

  it('tells of refusals, approvals, reminders and escalation in the row of its question', async () => {
    const { world, run } = await asking({
      ...{ to: ['finance'], fourEyes: true, deadline: 'PT8H', remind: 'PT3H' },
      escalate: { after: 'PT2H', to: ['cfo'] },
    });
    answer(world, run, 'lena', { decision: 'approved', data: 1 });
    answer(world, run, 'lena', approved);
    answer(world, run, 'lena', approved);
    await world.clock.pass(3 * hour + 1_000);
    expect(question(world, run)).toMatchObject({
      ask: {
        to: ['finance', 'cfo'],
        escalated: true,
        reminders: 1,
        approvals: [{ by: 'lena', data: null }],
        refusals: 2,
        refused: { by: 'lena' },
      },
      decided: null,
    });
    answer(world, run, 'max', approved);
    await world.clock.until(() => world.status(run) === 'completed');
    expect(question(world, run).decided).toMatchObject({ by: 'max' });
  });

  it('closes its question at the deadline and at a cancel', async () => {
    const late = await asking({ deadline: 'PT1H' });
    await late.world.clock.until(() => late.world.status(late.run) === 'faulted', 2 * hour);
    expect(question(late.world, late.run).decided).toMatchObject({ by: 'pawl', verdict: { fail: true } });
    const cancelled = await asking();
    cancelled.world.send(cancelled.run, { kind: 'cancel', by: 'max' });
    await cancelled.world.clock.until(() => cancelled.world.status(cancelled.run) === 'cancelled');
    expect(question(cancelled.world, cancelled.run).decided).toMatchObject({ by: 'pawl', verdict: null });
  });

  it('is decided exactly once, whatever races: people, repeats, the deadline, a cancel and a change of owners', async () => {
    const move = fc.oneof(
      fc.record({
        what: fc.constant('answer' as const),
        by: fc.constantFrom('lena', 'max', 'kim'),
        decision: fc.constantFrom('approved' as const, 'rejected' as const),
        twice: fc.boolean(),
      }),
      fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, hour - 1, hour) }),
      fc.record({ what: fc.constant('owner' as const) }),
      fc.record({ what: fc.constant('cancel' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 8 }), fc.boolean(), async (moves, fourEyes) => {
        const world = new TestWorld();
        let worker = await world.started('w0');
        const more = { fourEyes, deadline: 'PT1H', onDeadline: 'reject' };
        const run = await begin(world, worker, world.deploy([ask(more), task.act('b', { n: '${ .decision }' })]));
        for (const [i, one] of moves.entries()) {
          if (one.what === 'answer') {
            for (let n = one.twice ? 2 : 1; n > 0; n -= 1) answer(world, run, one.by, { decision: one.decision });
          } else if (one.what === 'cancel') world.send(run, { kind: 'cancel', by: 'max' });
          else if (one.what === 'pass') await world.clock.pass(one.ms);
          else {
            await worker.stop({ drain: false, timeoutMs: 0 });
            worker = await world.started(`w${i + 1}`);
          }
        }
        await world.clock.until(() => ['completed', 'cancelled'].includes(world.status(run) ?? ''), 3 * hour);
        const made = world.events(run).filter((event) => event.type === 'decision.made');
        const { decided } = question(world, run);
        if (world.status(run) === 'completed') expect(made).toHaveLength(1);
        expect(made.length).toBeLessThanOrEqual(1);
        expect(decided).not.toBeNull();
        expect(world.actions.calls.length).toBeLessThanOrEqual(1);
        const [verdict] = made;
        if (verdict === undefined) return;
        expect(decided).toMatchObject({ by: verdict.by, verdict: verdict.verdict });
        const first = world.events(run).find((event) => event.type === 'decision.approved');
        if (fourEyes && 'decision' in verdict.verdict && verdict.verdict.decision === 'approved')
          expect(first?.by).not.toBe(verdict.by);
      }),
      { numRuns: 30 },
    );
  });
});
