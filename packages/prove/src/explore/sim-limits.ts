import type { Limits } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';

/** Bounds of a simulated worker: small, so that short runs meet them. */
export type SimLimits = Partial<Limits>;

/** The bounds of a seed. */
export function drawLimits(prng: Prng): SimLimits {
  return {
    resendFor: 8_000,
    resendCap: 1_000,
    attemptTimeout: 2_000,
    snapshotEvents: prng.pick([3, 12, 256]),
    pureTasksPerCommit: prng.pick([1, 4, 1_000]),
    eventCharactersPerCommit: prng.pick([200, 1_048_576]),
  };
}
