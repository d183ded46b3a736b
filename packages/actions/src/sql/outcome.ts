import { flowErrorOf, PawlError } from '@pawl/core';
import type { ErrorKind, Guarantee, Outcome } from '@pawl/core';
import { DatabaseError } from 'pg';
import { EgressFailure } from '../egress/failure.ts';
import { egressOutcome, errorOf, passesByItself, terminal, unanswered, unsent } from '../failures.ts';
import { SqlCancelled, SqlStale, SqlTooLarge } from './database.ts';

/** How far an attempt at a database had come. */
export interface SqlProgress {
  readonly guarantee: Guarantee;
  /** What may have an effect was sent: for a transaction its COMMIT, and nothing before it. */
  readonly left: boolean;
  /** Names the connection and the action, for errors. */
  readonly doing: string;
}

/** The outcome of an attempt that threw. */
export function sqlOutcome(error: unknown, progress: SqlProgress): Outcome {
  const { guarantee, left, doing } = progress;
  if (error instanceof SqlCancelled) {
    return left
      ? unanswered(errorOf('timeout', `${doing}: the database did not answer in time.`))
      : { kind: 'cancelled' };
  }
  if (error instanceof SqlTooLarge)
    return terminal('communication', `${doing}: ${error.message} Ask for less, a page at a time.`, {
      status: 502,
      code: 'PAWL_RESPONSE_LIMIT',
    });
  if (error instanceof SqlStale)
    return unsent(`${doing}: ${error.message} since Pawl used it last. Nothing was changed.`);
  if (error instanceof PawlError && passesByItself(error)) return unsent(`${doing}: ${error.message} ${error.hint}`);
  if (error instanceof PawlError) return { kind: 'terminal', error: flowErrorOf(error) };
  // An ERROR is an answer: the transaction was rolled back. A FATAL may follow a COMMIT that has happened.
  if (error instanceof DatabaseError && error.severity === 'ERROR') return answered(error, doing);
  if (left)
    return unanswered(errorOf('communication', `${doing}: the connection to the database broke before it answered.`));
  if (error instanceof EgressFailure) return refusedConnection(egressOutcome(error, guarantee, false, doing));
  if (error instanceof DatabaseError) return answered(error, doing);
  if (error instanceof Error && error.message === noTls) {
    return terminal(
      'configuration',
      `${doing}: the database does not offer TLS. Nothing was sent. If that is right, set "tls: off" on the connection.`,
    );
  }
  return unsent(`${doing}: the database cannot be reached${reasonOf(error)}. Nothing was changed.`);
}

/** A refused database is best opened by its own connection, and for it alone. */
function refusedConnection(outcome: Outcome): Outcome {
  // What belongs to Pawl itself stays closed whatever a connection allows.
  if (outcome.kind !== 'terminal' || outcome.error.detail?.includes('PAWL_ALLOW_NETS') !== true) return outcome;
  const hint =
    'For this connection alone: set its "allow" in the connections file to its host and port, such as "allow: 127.0.0.1:5432".';
  return { ...outcome, error: { ...outcome.error, detail: `${outcome.error.detail ?? ''} ${hint}` } };
}

function answered(error: DatabaseError, doing: string): Outcome {
  const state = error.code ?? '';
  const detail = `${doing}: the database answered "${error.message}" (${state}).${hints[state] ?? ''}`;
  // Shut down, out of resources, deadlock, cancelled, locked: rolled back for certain, and another time it may work.
  if (/^(?:08|40|53|55|57)/.test(state)) return unsent(`${detail} Nothing was changed.`);
  return terminal(kindOf(state), `${detail} Nothing was changed.`);
}

function kindOf(state: string): ErrorKind {
  if (state.startsWith('28')) return 'authentication';
  if (state === '42501') return 'authorization';
  if (state.startsWith('22') || state.startsWith('23') || state === '21000') return 'validation';
  return state.startsWith('42') || state.startsWith('3') ? 'configuration' : 'communication';
}

const hints: Readonly<Record<string, string>> = {
  '42703': ' Check the names of the columns.',
  '42P01': ' Check the name of the table, and whether the user of the connection may see it.',
  '42P10': ' The table needs a unique index or primary key on exactly the columns of "key".',
  '25006': ' Use sql.execute to change data.',
};

/** What the driver says of a server that was asked for TLS and has none; it gives no code. */
const noTls = 'The server does not support SSL connections';

/** The driver's reason without anything that may hold a secret: its error code. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}
