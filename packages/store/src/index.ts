export type { Embedded, EmbeddedConnection, EmbeddedOptions, Exit } from './embedded/index.ts';
export { makeFolders, startEmbedded } from './embedded/index.ts';
export type { OpenStoreOptions } from './open-store.ts';
export { openStore } from './open-store.ts';
export { assertStorable } from './storable.ts';
