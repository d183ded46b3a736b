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
export { eventOf, matchAll, subscriptionOf } from './event-builders.ts';
export type { TestDatabase } from './test-database.ts';
export { createTestDatabase, testServer, whyNoServer } from './test-database.ts';
export { waitUntil } from './wait-until.ts';
export type { TcpProxy } from './tcp-proxy.ts';
export { startTcpProxy } from './tcp-proxy.ts';
export type { TransactionPooler } from './transaction-pooler.ts';
export { startTransactionPooler } from './transaction-pooler.ts';
export type { Count, Counts } from './ledger/book.ts';
export type { Ledger, LedgerOptions } from './ledger/ledger.ts';
export { startLedger } from './ledger/ledger.ts';
export type { LedgerBehaviour } from './ledger/server.ts';
export type { RowWrites } from './ledger/sql-ledger.ts';
export { effectRows, rowWrites, watchTable } from './ledger/sql-ledger.ts';
export type { Tally } from './ledger/tally.ts';
export { tally } from './ledger/tally.ts';
export { postgresProcesses, postmasterOf } from './postgres-processes.ts';
export type { Program, ProgramOptions } from './program.ts';
export { signalAll, startProgram, stateOf } from './program.ts';
export type { SeededRandom } from './seeded-random.ts';
export { seededRandom } from './seeded-random.ts';
