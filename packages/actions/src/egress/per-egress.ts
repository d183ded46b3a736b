import type { Egress } from './egress.ts';

/** What the calls of flows with the same permissions share: made when the first of them asks, gone with their egress. */
export function perEgress<Services>(make: (egress: Egress) => Services): (egress: Egress) => Services {
  const made = new WeakMap<Egress, { readonly services: Services }>();
  return (egress) => {
    const known = made.get(egress) ?? { services: make(egress) };
    made.set(egress, known);
    return known.services;
  };
}
