import { PawlError } from '@pawl/core';
import type { Log } from '@pawl/core';
import { Pool } from 'pg';
import type { PoolConfig } from 'pg';
import type { Connection, Connections } from '../connections/connections.ts';
import type { EgressGate, FlowName } from '../egress/egress.ts';
import { actionLimits } from '../limits.ts';
import { Database } from './database.ts';
import { jsonTypes } from './types.ts';

/** The databases behind the connections, each with its pool of sockets that egress has checked. */
export interface Databases {
  /** The database of a connection. Rejects with PAWL_CONNECTION_UNKNOWN, or with PAWL_FORBIDDEN for a flow that may not use it. */
  get(name: string, flow: FlowName): Promise<Database>;
  close(): Promise<void>;
}

/** A pool, and the version of the connection that it was made for. */
interface OpenDatabase {
  readonly version: string;
  readonly database: Database;
}

/** Makes pools on demand, one for each connection. One whose connection was changed is replaced: its sessions end when they are given back. */
export function createDatabases(connections: Connections, gate: EgressGate, log: Log): Databases {
  const open = new Map<string, OpenDatabase>();
  return {
    get: async (name, flow) => {
      const connection = await connections.get(name, flow.workspace);
      if (connection === undefined)
        throw new PawlError('PAWL_CONNECTION_UNKNOWN', `There is no connection named ${JSON.stringify(name)}.`);
      if (!connection.isOpenTo(flow)) {
        throw new PawlError(
          'PAWL_FORBIDDEN',
          `The flow ${flow.namespace}/${flow.name} may not use the connection ${name}.`,
          {
            hint: 'Whoever runs Pawl can add the flow to "flows" of this connection.',
          },
        );
      }
      const id = JSON.stringify([flow.workspace ?? null, name]);
      const known = open.get(id);
      if (known?.version === connection.version) return known.database;
      // Whoever has just got the old one may still borrow a session of it.
      if (known !== undefined) setTimeout(() => void known.database.close(), actionLimits.sqlIdle).unref();
      const database = new Database(openPool(connection, gate, log), connection, gate);
      open.set(id, { version: connection.version, database });
      return database;
    },
    close: async () => {
      await Promise.all([...open.values()].map(({ database }) => database.close()));
    },
  };
}

/** The pool of a connection; nothing is connected yet. */
export function openPool(connection: Connection, gate: EgressGate, log: Log): Pool {
  const pool = new Pool(poolConfig(connection, gate));
  // Without a listener a broken idle connection would end the process; the pool has dropped it already.
  pool.on('error', (error) =>
    log.warn({ connection: connection.name, code: codeOf(error) }, 'an idle database connection broke'),
  );
  // A lent connection that breaks fails its query; the event that comes with it has no other listener.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function poolConfig(connection: Connection, gate: EgressGate): PoolConfig {
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    database: connection.database,
    // A function, so that no property of the pool shows it. Without one the driver would look into the process's environment.
    password: () => connection.secret() ?? '',
    ssl: connection.tls === 'verify' ? { rejectUnauthorized: true, host: connection.host } : false,
    application_name: 'pawl',
    stream: () => gate.socket(connection.endpoints),
    types: jsonTypes,
    max: actionLimits.sqlConnections,
    idleTimeoutMillis: actionLimits.sqlIdle,
    connectionTimeoutMillis: actionLimits.connectTimeout,
    allowExitOnIdle: true,
  };
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
