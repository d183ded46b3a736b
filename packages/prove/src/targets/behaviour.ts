import type { Prng } from '../sim/prng.ts';

/** How a target treats one request, and what becomes of its answer. */
export const behaviours = [
  /** It is carried out and answered. */
  'answers',
  /** It is carried out late, and answered. */
  'slow',
  /** Refused for certain (422); nothing is done. */
  'refuses',
  /** Told to come back later (429); nothing is done. */
  'busy',
  /** An error of the server (500) before anything was done. */
  'fails',
  /** An error of the server (500) after it was carried out. */
  'failsAfter',
  /** Carried out, and never answered. */
  'silent',
  /** Carried out, and the connection breaks. */
  'broken',
  /** Lost on its way; the connection breaks later. */
  'lostRequest',
  /** Carried out, and answered long after nobody waits any more. */
  'late',
  /** No connection: nothing leaves. */
  'refusedConnection',
  /** A slow connection: nothing leaves for a while. */
  'slowConnection',
] as const;

/** The name of a behaviour. */
export type Behaviour = (typeof behaviours)[number];

const weights: Readonly<Record<Behaviour, number>> = {
  answers: 100,
  slow: 5,
  refuses: 2,
  busy: 2,
  fails: 2,
  failsAfter: 2,
  silent: 3,
  broken: 4,
  lostRequest: 3,
  late: 3,
  refusedConnection: 4,
  slowConnection: 4,
};

/** How often targets misbehave in a seed: `harm` 0 never, 1 as weighted. */
export function drawBehaviour(prng: Prng, harm: number): Behaviour {
  return prng.next() < harm ? prng.weighted(weights) : 'answers';
}
