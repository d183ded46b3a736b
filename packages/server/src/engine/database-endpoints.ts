import type { Endpoint } from '@pawl/actions';
import { parse } from 'pg-connection-string';
import type { EngineOptions } from './options.ts';

const defaultPort = 5_432;

/** Where Pawl's own database listens on the network, so that no flow reaches it; a Unix socket is no such place. */
export function databaseEndpoints(
  database: EngineOptions['database'],
  environment: NodeJS.ProcessEnv = process.env,
): readonly Endpoint[] {
  const url = typeof database === 'string' ? database : database.connectionString;
  // Read as the driver reads it: an address goes before single options, and what neither says comes from the environment.
  const { host, port } = url === undefined ? (database as { host?: string; port?: number }) : readUrl(url);
  const hosts = host || environment['PGHOST'] || '127.0.0.1';
  if (hosts.startsWith('/')) return [];
  const ports = Number(port || environment['PGPORT'] || defaultPort);
  return hosts.split(',').map((each) => ({ host: each.replace(/^\[|\]$/g, ''), port: ports }));
}

/** An address that the driver cannot read is told by the one who connects. */
function readUrl(url: string): { readonly host?: string | null; readonly port?: string | null | undefined } {
  try {
    return parse(url);
  } catch {
    return { host: '/' };
  }
}
