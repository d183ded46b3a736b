import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '@pawl/core';

/** Longest delay that a timer of Node takes (ms); a longer one would fire at once. */
const longestTimer = 2_147_483_647;

/** This machine's clock, `offsetMs` ahead of its own wall time: in step with the database's. */
export function nodeClock(offsetMs: number): Clock {
  return {
    now: () => Date.now() + offsetMs,
    mono: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimer));
      return () => clearTimeout(timer);
    },
    soon: (callback) => void setImmediate(callback),
  };
}

/** Jitter needs no secrecy, ids do. */
export const nodeRandom: Random = {
  next: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
