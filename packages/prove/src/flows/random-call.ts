import type { Json, JsonObject } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import type { ListPlace } from './random-list.ts';

const weights = { pure: 15, idempotent: 20, keyed: 25, transactional: 15, once: 25 };

/** A call of a simulated action, with or without a contract of its own. */
export function randomCall(
  prng: Prng,
  name: string,
  place: ListPlace,
  { named, onlyOnce }: { readonly named: boolean; readonly onlyOnce: boolean },
): JsonObject {
  const guarantee = onlyOnce ? 'once' : prng.weighted(weights);
  const pawl: Record<string, Json> = {};
  if (named && prng.chance(0.25)) pawl['key'] = naturalKey(name, place);
  if (guarantee === 'keyed')
    pawl['keyIn'] = { header: 'Idempotency-Key', retention: prng.chance(0.3) ? `PT${2 + prng.int(8)}S` : 'P1D' };
  if (prng.chance(0.15)) pawl['attempts'] = prng.chance(0.5) ? 'off' : { timeout: `PT0.${2 + prng.int(8)}S` };
  if (prng.chance(0.15)) pawl['onAmbiguous'] = 'fail';
  const items = place.items.map((item) => [item, `\${ $${item} }`] as const);
  return {
    call: `sim.${guarantee}`,
    with: {
      step: name,
      n: '${ $workflow.input.n }',
      ...(prng.chance(0.3) ? { data: '${ . }' } : {}),
      ...Object.fromEntries(items),
    },
    ...(Object.keys(pawl).length === 0 ? {} : { metadata: { pawl } }),
  };
}

/** A key of the business: one of its own for each run, step and iteration. */
function naturalKey(name: string, place: ListPlace): string {
  const parts = place.items.map((item) => ` + "-" + ($${item} | tojson)`).join('');
  return `\${ $workflow.definition.document.name + "-${name}-" + $workflow.input.id${parts} }`;
}
