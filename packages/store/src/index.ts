export type { AuditBreak, AuditCheck, AuditStore } from './audit.ts';
export type { AuditRow } from './audit-chain.ts';
export type { Embedded, EmbeddedConnection, EmbeddedOptions, Exit } from './embedded/index.ts';
export { makeFolders, startEmbedded } from './embedded/index.ts';
export type { OpenStoreOptions, PawlStore } from './open-store.ts';
export { openStore } from './open-store.ts';
export type {
  NewSealedRow,
  SealedHead,
  SealedKind,
  SealedName,
  SealedRow,
  SealedStore,
  SecretChange,
} from './secrets.ts';
export { assertStorable } from './storable.ts';
export type { FoundToken, NewToken, TokenRow, TokenStore } from './tokens.ts';
