export {
  cancelOf,
  commitOf,
  deployFlow,
  flowVersion,
  headOf,
  journalOf,
  keyOf,
  newRunId,
  own,
  questionOf,
  sha256,
  startOf,
  testEpoch,
} from './store-builders.ts';
export type { TestDatabase } from './test-database.ts';
export { createTestDatabase, defaultServer, whyNoServer } from './test-database.ts';
export { waitUntil } from './wait-until.ts';
export type { TcpProxy } from './tcp-proxy.ts';
export { startTcpProxy } from './tcp-proxy.ts';
export type { TransactionPooler } from './transaction-pooler.ts';
export { startTransactionPooler } from './transaction-pooler.ts';
