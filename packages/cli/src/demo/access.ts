import type { EngineOptions } from '@pawl/server';
import type { Settings } from '../settings.ts';

/** What the examples may reach beyond what everybody may. */
export interface ExampleAccess {
  readonly grants: NonNullable<EngineOptions['grants']>;
  readonly connections: NonNullable<EngineOptions['connections']>;
  /** Ends the use of the demo database. */
  stop(): Promise<void>;
}

const none: ExampleAccess = { grants: [], connections: {}, stop: () => Promise.resolve() };

export async function exampleAccess(_settings: Settings, _text?: string): Promise<ExampleAccess> {
  return none;
}
