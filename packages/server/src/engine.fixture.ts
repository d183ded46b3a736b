import { defineAction } from '@pawl/actions';
import type { Json, Log } from '@pawl/core';
import { createTestDatabase, whyNoServer } from '@pawl/testkit';
import type { Engine } from './engine/engine.ts';
import { openEngine } from './engine/open-engine.ts';
import type { EngineOptions } from './engine/options.ts';

/** Why tests that need a database cannot run; undefined where they can. */
export const missing = await whyNoServer();

/** A log that says nothing. */
export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What the actions of tests are told to do, and have done. */
export class Bench {
  /** Calls of `test.gate` that wait, by name. */
  readonly waiting = new Map<string, () => void>();
  readonly calls: string[] = [];

  readonly actions = [
    defineAction({
      name: 'test.echo',
      version: '1.0.0',
      summary: 'Gives back what it gets.',
      input: { type: 'object' },
      output: true,
      guarantee: () => 'idempotent',
      run: ({ args }) => ({ kind: 'completed', output: args }),
    }),
    defineAction({
      name: 'test.gate',
      version: '1.0.0',
      summary: 'Ends when the test opens the gate.',
      input: { type: 'object', required: ['name'] },
      output: true,
      guarantee: () => 'idempotent',
      run: async ({ args, step }, { left, cancellation }) => {
        left();
        this.calls.push(step);
        await new Promise<void>((resolve) => {
          this.waiting.set(String(args['name']), resolve);
          cancellation.onCancel(resolve);
        });
        return cancellation.cancelled ? { kind: 'cancelled' } : { kind: 'completed', output: args };
      },
    }),
    defineAction({
      name: 'test.vanish',
      version: '1.0.0',
      summary: 'Sends something whose answer is lost.',
      input: { type: 'object' },
      output: true,
      guarantee: () => 'once',
      run: (_request, { left }) => {
        left();
        return {
          kind: 'ambiguous',
          error: { type: 'https://pawl.example/lost', status: 500, detail: 'The answer was lost.' },
        };
      },
    }),
  ];

  /** Lets a waiting call end. */
  open(name: string): void {
    this.waiting.get(name)?.();
  }
}

/** An engine on a database of its own. */
export interface EngineBed {
  readonly engine: Engine;
  readonly bench: Bench;
  readonly url: string;
  /** Another engine on the same database. */
  another(options?: Partial<EngineOptions>): Promise<Engine>;
  close(): Promise<void>;
}

/** Opens an engine on a fresh database. */
export async function openBed(name: string, options: Partial<EngineOptions> = {}): Promise<EngineBed> {
  const database = await createTestDatabase(`pawl_server_${name}`);
  const bench = new Bench();
  const engines: Engine[] = [];
  const another = async (more: Partial<EngineOptions> = {}): Promise<Engine> => {
    const opened = await openEngine({
      database: database.url,
      log: silent,
      extraActions: bench.actions,
      ...options,
      ...more,
    });
    engines.push(opened);
    return opened;
  };
  const engine = await another().catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  return {
    engine,
    bench,
    url: database.url,
    another,
    async close() {
      for (const each of engines) await each.stop();
      await database.drop();
    },
  };
}

/** A flow document of these tasks as JSON text. */
export function flowText(name: string, tasks: Json, more: Readonly<Record<string, Json>> = {}, pawl?: Json): string {
  const document = {
    dsl: '1.0.0',
    namespace: 'test',
    name,
    version: '1.0.0',
    ...(pawl === undefined ? {} : { metadata: { pawl } }),
  };
  return JSON.stringify({ document, ...more, do: tasks });
}
