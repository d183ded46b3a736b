import { createActions, createConnections } from '@pawl/actions';
import type { Actions } from '@pawl/core';

let known: Actions | undefined;

/** The built-in actions, to be looked at and never run: this needs no connection, no file and no network. */
export function catalog(): Actions {
  const silent = (): void => undefined;
  known ??= createActions({
    allowNets: '',
    denyEndpoints: [],
    files: [],
    connections: createConnections({}),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    userAgent: 'pawl',
  });
  return known;
}
