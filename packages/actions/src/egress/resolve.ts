import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EgressFailure } from './failure.ts';

/** Resolves a host name to all its addresses. Rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The system's resolver (hosts file included), one lookup at a time per name, nothing remembered after it. */
export function systemResolver(): Resolve {
  const underWay = new Map<string, Promise<readonly string[]>>();
  return (host) => {
    if (isIP(host) !== 0) return Promise.resolve([host]);
    const known = underWay.get(host);
    if (known !== undefined) return known;
    const found = lookupAll(host).finally(() => underWay.delete(host));
    underWay.set(host, found);
    return found;
  };
}

async function lookupAll(host: string): Promise<readonly string[]> {
  try {
    const entries = await lookup(host, { all: true, verbatim: true });
    return entries.map((entry) => entry.address);
  } catch (error) {
    throw new EgressFailure('unreachable', `The name ${host} cannot be found.`, error);
  }
}
