import { createHash } from 'node:crypto';

/** What a flaky target does to one request. `before`: without applying its effect; `after`: having applied it. */
export type Mishap =
  | 'none'
  | 'refuse before'
  | 'error before'
  | 'error after'
  | 'reset before'
  | 'reset after'
  | 'hang before'
  | 'hang after'
  | 'garbage after';

const mishaps: readonly Mishap[] = [
  'refuse before',
  'error before',
  'error after',
  'reset before',
  'reset after',
  'hang before',
  'hang after',
  'garbage after',
];

/** From this arrival on a key is answered well, so that every step comes to its end. */
const calmFrom = 4;

/** The mishap of an arrival: the same seed, key and number give the same. `rate` is the share of requests that meet one. */
export function mishapOf(seed: number, rate: number, key: string, arrival: number): Mishap {
  if (arrival >= calmFrom) return 'none';
  const digest = createHash('sha256').update(`${seed} ${key} ${arrival}`).digest();
  if (digest.readUInt32BE(0) / 2 ** 32 >= rate) return 'none';
  return mishaps[digest.readUInt32BE(4) % mishaps.length] ?? 'none';
}
