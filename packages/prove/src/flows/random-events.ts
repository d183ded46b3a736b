import type { Json, JsonObject } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import type { ListPlace } from './random-list.ts';

/** Types of the events that everybody publishes and listens to. */
export const newsTypes = ['sim.news', 'sim.alarm'] as const;

/** A task that publishes an event of a common type. */
export function randomEmit(prng: Prng, name: string): JsonObject {
  return { emit: { event: { with: { type: prng.pick(newsTypes), data: { by: name, n: prng.int(9) } } } } };
}

/** A task that waits for events which others publish, and gives up after a while. */
export function randomListen(prng: Prng, patience: number, at: string, body: (at: string) => JsonObject[]): JsonObject {
  return {
    listen: {
      to: strategy(prng),
      ...(prng.chance(0.3) ? { read: prng.pick(['data', 'envelope', 'raw']) } : {}),
    },
    ...(prng.chance(0.3) ? { foreach: { at, do: body(at) } } : {}),
    timeout: { after: { milliseconds: patience } },
  };
}

/**
 * Somebody waits without an end for an event that is published beside it, once: if it is lost, the run is stuck. The wait
 * before either decides whether the event is new to the listener, or the listener to the event.
 */
export function randomPair(prng: Prng, name: string, place: ListPlace): JsonObject {
  const type = replyType(name, place);
  const listen: JsonObject = { listen: { to: { one: { with: { type } } } } };
  const emit: JsonObject = { emit: { event: { with: { type, data: { for: name } } } } };
  const pause = (): JsonObject => ({ wait: { milliseconds: 1 + prng.int(prng.chance(0.1) ? 3_000 : 60) } });
  const late = prng.chance(0.5);
  const branches: JsonObject[] = [
    { [`${name}hears`]: late ? { do: [{ [`${name}rests`]: pause() }, { [`${name}hear`]: listen }] } : listen },
    { [`${name}says`]: late ? emit : { do: [{ [`${name}waits`]: pause() }, { [`${name}say`]: emit }] } },
  ];
  return { fork: { compete: false, branches } };
}

/** A task that runs another flow. */
export function randomChild(prng: Prng, name: string, place: ListPlace, flow: string): JsonObject {
  const id = [`$workflow.input.id + "-${name}"`, ...place.items.map((item) => `($${item} | tojson)`)].join(' + "-" + ');
  const workflow: JsonObject = {
    namespace: 'sim',
    name: flow,
    version: prng.chance(0.5) ? '1.0.0' : 'latest',
    input: { id: `\${ ${id} }`, n: '${ $workflow.input.n }' },
  };
  return { run: { workflow, ...(prng.chance(0.2) ? { await: false } : {}) } };
}

function strategy(prng: Prng): JsonObject {
  switch (prng.weighted({ one: 4, all: 2, any: 2, until: 2, broad: 0.5 })) {
    case 'one':
      return { one: filter(prng) };
    case 'all':
      return { all: newsTypes.map((type) => ({ with: { type } })) };
    case 'any':
      return { any: newsTypes.map((type) => ({ with: { type } })) };
    case 'until':
      return { any: [filter(prng)], until: `length >= ${1 + prng.int(3)}` };
    case 'broad':
      return { one: { with: { source: 'https://example.com/people' } } };
  }
}

function filter(prng: Prng): JsonObject {
  const wanted: Record<string, Json> = { type: prng.pick(newsTypes) };
  if (prng.chance(0.3)) wanted['data'] = `\${ .n < ${1 + prng.int(8)} }`;
  return { with: wanted };
}

/** A type of its own for each run and step, which an expression makes. */
function replyType(name: string, place: ListPlace): string {
  const items = place.items.map((item) => ` + "." + ($${item} | tojson)`).join('');
  return `\${ "sim.reply." + $workflow.definition.document.name + "." + $workflow.input.id + ".${name}"${items} }`;
}
