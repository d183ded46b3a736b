import { createActions, createConnections } from '@pawl/actions';
import type { Actions } from '@pawl/core';

let known: Actions | undefined;

/** The built-in actions, to be looked at and never run: this needs no connection, no file and no network. */
export function catalog(): Actions {
  known ??= makeCatalog('');
  return known;
}

/** The same with some of PAWL_ALLOW_NETS; throws where it is not valid. */
export function makeCatalog(allowNets: string): Actions {
  const silent = (): void => undefined;
  return createActions({
    allowNets,
    denyEndpoints: [],
    files: [],
    connections: createConnections({}),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    userAgent: 'pawl',
  });
}
