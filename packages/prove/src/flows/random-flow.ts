import type { JsonObject } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import type { FlowTaste, ListPlace } from './random-list.ts';
import { FlowWriter, largeValue } from './random-list.ts';

/** A flow document made from a seed: every construct, every guarantee, nested and repeated, and always with an end. */
export function randomFlow(prng: Prng, name: string, taste: FlowTaste = plain): JsonObject {
  // Most flows are small, so that a seed is quick; some are not.
  const size = taste.longRuns ? 15 + prng.int(16) : 3 + Math.floor(prng.next() ** 3 * 28);
  const writer = new FlowWriter(prng, size, taste);
  const place: ListPlace = { depth: 0, items: [], retried: false };
  const list: JsonObject[] = [];
  while (writer.left > 0) list.push(...writer.list(place, Math.min(writer.left, 8)));
  if (prng.chance(taste.large)) list.unshift({ big: { set: largeValue } });
  const pawl: Record<string, JsonObject | string> = {};
  if (taste.naturalKeys && prng.chance(0.5)) pawl['start'] = { key: '${ .id }' };
  if (prng.chance(0.1)) pawl['deadline'] = `PT${3 + prng.int(20)}S`;
  if (prng.chance(0.3)) pawl['defaults'] = { attempts: { timeout: prng.pick(['PT1S', 'PT8S']) } };
  return {
    document: { dsl: '1.0.3', namespace: 'sim', name, version: '1.0.0', metadata: { pawl } },
    ...(prng.chance(0.1) ? { input: { from: '{id, n}' } } : {}),
    ...(prng.chance(0.1) ? { output: { as: '{result: ., context: $context}' } } : {}),
    do: list,
  };
}

const plain: FlowTaste = { large: 0.01, longWaits: 0.04, talk: 0, children: [], naturalKeys: true };
