import type { Lease } from '@pawl/core';
import { PawlError } from '@pawl/core';

/** The partitions of leases. */
export function partitionsOf(leases: readonly Lease[]): number[] {
  return leases.map((lease) => lease.partition);
}

/** The server does not answer on a connection that it has closed. */
export class Silence extends Error {}

/** What a transaction answers or throws. */
export function outcomeOf<T>(work: () => T): { readonly value: T } | { readonly thrown: unknown } {
  try {
    return { value: work() };
  } catch (thrown) {
    return { thrown };
  }
}

/** The error of a call whose connection was lost. */
export function unreachable(why: string): PawlError {
  return new PawlError('PAWL_STORE_UNREACHABLE', `The database was not reached: ${why}.`);
}
