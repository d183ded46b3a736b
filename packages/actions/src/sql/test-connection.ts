import type { Cancellation, Log, Outcome } from '@pawl/core';
import type { Connection } from '../connections/connections.ts';
import type { EgressGate } from '../egress/egress.ts';
import { Database } from './database.ts';
import { openPool } from './databases.ts';
import { sqlOutcome } from './outcome.ts';

/** How long a test waits for a database (ms). */
const patienceMs = 10_000;

/** Connects anew and runs `select 1`; completed, or why not. */
export async function testConnection(connection: Connection, gate: EgressGate, log: Log): Promise<Outcome> {
  const database = new Database(openPool(connection, gate, log), connection, gate);
  const { cancellation, end } = cancelledAfter(patienceMs);
  try {
    await database.use(cancellation, 'sql of pawl', (session) => session.run('select 1'));
    return { kind: 'completed', output: null };
  } catch (error) {
    const doing = `The connection ${connection.name} to ${connection.host}:${connection.port}`;
    // Nothing has left that could have an effect; but what took too long is told as that.
    return sqlOutcome(error, { guarantee: 'pure', left: cancellation.cancelled, doing });
  } finally {
    end();
    await database.close();
  }
}

function cancelledAfter(ms: number): { readonly cancellation: Cancellation; readonly end: () => void } {
  const callbacks: (() => void)[] = [];
  let cancelled = false;
  const timer = setTimeout(() => {
    cancelled = true;
    for (const callback of callbacks) callback();
  }, ms);
  const cancellation: Cancellation = {
    get cancelled() {
      return cancelled;
    },
    onCancel: (callback) => void (cancelled ? callback() : callbacks.push(callback)),
  };
  return { cancellation, end: () => clearTimeout(timer) };
}
