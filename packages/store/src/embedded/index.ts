export { type EmbeddedConnection } from './connection.ts';
export { type Embedded, type EmbeddedOptions, startEmbedded } from './start-embedded.ts';
export { makeFolders } from './make-folders.ts';
export { type Exit } from './supervise.ts';
