import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import type { Focus } from './plan.ts';
import type { Mutation } from './world.ts';

interface Mutant {
  readonly guard: string;
  readonly mutation: Mutation;
  readonly focus?: Focus;
}

const mutants: readonly Mutant[] = [
  { guard: 'the fence', mutation: { noFence: true } },
  {
    guard: 'the lock of a lease',
    mutation: { noLeaseLock: true },
    focus: { kind: 'slowCommit', boundary: 'call.commit' },
  },
  { guard: 'the intent before the effect', mutation: { noIntent: true } },
  { guard: 'the commit before the output', mutation: { acksEarly: true } },
  { guard: 'the dedup of start keys', mutation: { noDedup: true } },
  { guard: 'the inbox that keeps what no commit has consumed', mutation: { readsOnce: true } },
  {
    guard: 'the lineage of the database',
    mutation: { noLineage: true },
    focus: { kind: 'restore', boundary: 'attempt.applied' },
  },
  { guard: 'the messages in the commit', mutation: { mute: true } },
  { guard: 'the message that goes with a match', mutation: { givesNothing: true } },
  { guard: 'the match that goes with a message', mutation: { givesAgain: true } },
  { guard: 'the state of a schedule in the commit', mutation: { forgetsTicks: true } },
  {
    guard: 'the note in the wire file before the request leaves',
    mutation: { notesLate: true },
    focus: { kind: 'crash', boundary: 'attempt.left' },
  },
  { guard: 'the guarantee of an action', mutation: { lies: true } },
];

describe('the prover', () => {
  for (const { guard, mutation, focus } of mutants) {
    it(`finds a violation when this guard is off: ${guard}`, async () => {
      const seeds = { from: 1, to: 2_000 };
      const report = await explore({ seeds, mutation, stopAtFirst: true, ...(focus === undefined ? {} : { focus }) });
      expect(report.findings, `${report.seeds} seeds found nothing`).toHaveLength(1);
    });
  }
});
