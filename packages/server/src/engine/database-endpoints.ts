import type { Endpoint } from '@pawl/actions';
import type { EngineOptions } from './options.ts';

const defaultPort = 5_432;

/** Where Pawl's own database listens on the network, so that no flow reaches it; a Unix socket is no such place. */
export function databaseEndpoints(database: EngineOptions['database']): readonly Endpoint[] {
  const url = typeof database === 'string' ? database : database.connectionString;
  // As in the driver, an address goes before single options.
  const { host, port } = url === undefined ? (database as { host?: string; port?: number }) : partsOfUrl(url);
  if (host === undefined || host === '' || host.startsWith('/')) return [];
  return host.split(',').map((each) => ({ host: each.replace(/^\[|\]$/g, ''), port: port ?? defaultPort }));
}

function partsOfUrl(text: string): { host?: string; port?: number } {
  if (!URL.canParse(text)) return {};
  const url = new URL(text);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}
