import type { EngineOptions } from '@pawl/server';
import type { Settings } from '../settings.ts';
import type { DemoDatabase } from './database.ts';
import { readDemo } from './state.ts';

/** What flows of the namespace `examples` may reach beyond what everybody may. */
export interface ExampleAccess {
  readonly grants: NonNullable<EngineOptions['grants']>;
  readonly connections: NonNullable<EngineOptions['connections']>;
}

/** The name that the examples' flows know the demo database by. */
export const demoConnection = 'examples-cities';
const exampleFlows = 'examples/*';
const loopback = '127.0.0.1';

/** Access to the demo target, and to the demo database where it is open: that address and port, and those flows alone. */
export function accessTo(targetPort: number, database: DemoDatabase | undefined): ExampleAccess {
  const grants = [{ flows: exampleFlows, nets: `${loopback}:${targetPort}` }];
  if (database === undefined) return { grants, connections: {} };
  const { port, user, password, database: name } = database;
  const definition = { kind: 'postgres', host: loopback, port, user, password, database: name, tls: 'off' } as const;
  return {
    grants,
    connections: { [demoConnection]: { ...definition, flows: [exampleFlows], allow: `${loopback}:${port}` } },
  };
}

/** Access of a process that joins beside `pawl start`. */
export interface JoinedAccess extends ExampleAccess {
  /** Ends the use of the demo database. */
  stop(): Promise<void>;
}

/**
 * Access to the demo that a `pawl start` on this data folder made; none before the first. The demo database is started
 * if it is `needed` and does not run.
 */
export async function joinDemo(settings: Pick<Settings, 'dataDir'>, needed: boolean): Promise<JoinedAccess> {
  const state = readDemo(settings);
  if (state === undefined) return { grants: [], connections: {}, stop: () => Promise.resolve() };
  if (!needed) return { ...accessTo(state.targetPort, undefined), stop: () => Promise.resolve() };
  const { openDemoDatabase } = await import('./database.ts');
  const database = await openDemoDatabase(settings, state.databasePort, 'join');
  return { ...accessTo(state.targetPort, database), stop: () => database.stop() };
}
