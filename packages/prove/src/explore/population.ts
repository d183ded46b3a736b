import type { ActionDescription, CompiledFlow, FlowVersion, Json, JsonObject } from '@pawl/core';
import { compileFlow, flowHash, startKeyOf } from '@pawl/core';
import { randomFlow } from '../flows/random-flow.ts';
import type { FlowTaste } from '../flows/random-list.ts';
import { simulationStart } from '../sim/clock.ts';
import { simHash } from '../sim/hash.ts';
import type { Prng } from '../sim/prng.ts';
import type { Wish } from './people.ts';
import { startKey } from './people.ts';

/** The flows of a seed, and who starts what of them. */
export interface Population {
  readonly flows: readonly FlowVersion[];
  /** They publish and await events, and run each other. */
  readonly talks: boolean;
  /** Starts, and when each is first asked for (ms). */
  readonly wishes: readonly { readonly wish: Wish; readonly after: number }[];
}

/** What a population is drawn from. */
export interface PopulationOptions {
  readonly catalog: ReadonlyMap<string, ActionDescription>;
  readonly partitions: number;
  readonly large: number;
  readonly longWaits: number;
  readonly longRuns?: boolean;
  readonly onlyOnce?: boolean;
}

/** Draws one or two flows and a few runs of them; some starts are asked for twice, some with another input. */
export function drawPopulation(prng: Prng, options: PopulationOptions): Population {
  const talk = prng.chance(0.45) ? prng.pick([0.1, 0.3, 0.5]) : 0;
  const taste = { ...options, talk, naturalKeys: false };
  const inner = talk === 0 ? [] : [drawFlow(prng, 'g1', { ...taste, children: [] }, options.catalog)];
  if (talk > 0 && prng.chance(0.5)) inner.push(drawFlow(prng, 'g2', { ...taste, children: ['g1'] }, options.catalog));
  const children = inner.map(({ version }) => version.name);
  const made = Array.from({ length: prng.chance(0.2) ? 2 : 1 }, (_, i) =>
    drawFlow(prng, `f${i + 1}`, { ...taste, naturalKeys: true, children }, options.catalog),
  );
  const wishes: { wish: Wish; after: number }[] = [];
  const count = 1 + Math.floor(prng.next() ** 2 * 4);
  for (let i = 1; i <= count; i += 1) {
    const flow = prng.pick(made);
    const input = { id: `r${i}`, n: prng.int(9) };
    const after = prng.between(0, prng.pick([20, 4_000]));
    wishes.push({ wish: drawWish(prng, flow, input, options.partitions), after });
    if (flow.compiled.start === undefined || !prng.chance(0.5)) continue;
    // The same key again, at nearly the same time or later, now and then for another input.
    const again = prng.chance(0.2) ? { ...input, n: input.n + 1 } : input;
    wishes.push({
      wish: drawWish(prng, flow, again, options.partitions),
      after: after + prng.between(-5, prng.pick([5, 1_000])),
    });
  }
  return { flows: [...made, ...inner].map((flow) => flow.version), talks: talk > 0, wishes };
}

interface MadeFlow {
  readonly version: FlowVersion;
  readonly compiled: CompiledFlow;
}

function drawFlow(prng: Prng, name: string, taste: FlowTaste, catalog: PopulationOptions['catalog']): MadeFlow {
  const document: JsonObject = randomFlow(prng.fork(), name, taste);
  const text = JSON.stringify(document);
  const version = {
    hash: flowHash(document, simHash),
    namespace: 'sim',
    name,
    version: '1.0.0',
    document: text,
    source: text,
    createdAt: simulationStart,
  };
  return { version, compiled: compileFlow(document, { describe: (action) => catalog.get(action) }) };
}

function drawWish(prng: Prng, { version, compiled }: MadeFlow, input: Json, partitions: number): Wish {
  const natural = startKeyOf(compiled, input);
  const key = natural === undefined ? null : startKey(version.name, natural, input);
  // A keyed start's partition follows from its key, so that its dedup entry is in the same one.
  const partition = key === null ? prng.int(partitions) : Number.parseInt(key.keyHash.slice(-2), 16) % partitions;
  return { flow: version.hash, run: drawRunId(prng, partition), input, key };
}

function drawRunId(prng: Prng, partition: number): string {
  const last = partition.toString(16).padStart(2, '0');
  return `01900000-${prng.hex(2)}-7${prng.hex(2).slice(1)}-8${prng.hex(2).slice(1)}-${prng.hex(5)}${last}`;
}
