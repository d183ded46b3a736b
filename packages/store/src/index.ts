export type { OpenStoreOptions } from './open-store.ts';
export { openStore } from './open-store.ts';
export { assertStorable } from './storable.ts';
