import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

import type { ClusterLayout } from './layout.ts';

/** Where the cluster listens. */
export interface Listening {
  /** Folder of the Unix socket; undefined on Windows, where Node has none. */
  readonly socketDir: string | undefined;
  /** TCP port on 127.0.0.1; undefined = no TCP at all. */
  readonly tcpPort: number | undefined;
}

/** The number in the socket's name where there is no TCP port. */
export const SOCKET_PORT = 5432;
/** Settings that Pawl writes anew at each start, included by postgresql.conf. */
const CONF_FILE = 'pawl.conf';
/** Settings of the user's own, which win over Pawl's. */
export const CUSTOM_CONF = 'custom.conf';
/** What initdb's postgresql.conf gets appended. */
export const INCLUDES = `\n# Pawl's settings, and after them yours.\ninclude '${CONF_FILE}'\ninclude_if_exists '${CUSTOM_CONF}'\n`;

const MEBIBYTE = 1024 * 1024;
const SHARED_BUFFERS_MIN_MIB = 32;
const SHARED_BUFFERS_MAX_MIB = 256;

/** Writes the settings; the cluster's PostgreSQL must not be running. */
export function writeConf(layout: ClusterLayout, listening: Listening): void {
  const file = join(layout.clusterDir, CONF_FILE);
  const lines = Object.entries(settings(layout, listening)).map(([name, value]) => `${name} = ${value}\n`);
  const text = `# Written by Pawl at each start. Put settings of your own into ${CUSTOM_CONF} beside this file.\n${lines.join('')}`;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * The socket folder of this cluster's last start, so that every process and every restart finds the same one. Undefined
 * where the settings were written elsewhere: a copied data folder must keep off the socket of its original.
 */
export function lastSocketDir(layout: ClusterLayout): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(layout.clusterDir, CONF_FILE), 'utf8');
  } catch {
    return undefined;
  }
  if (!text.includes(`\ncluster_name = '${layout.clusterName}'\n`)) return undefined;
  const quoted = /^unix_socket_directories = '"(.+)"'$/m.exec(text)?.[1];
  return quoted?.replaceAll("''", "'").replaceAll('""', '"');
}

function settings(layout: ClusterLayout, { socketDir, tcpPort }: Listening): Record<string, string> {
  return {
    cluster_name: `'${layout.clusterName}'`,
    listen_addresses: tcpPort === undefined ? "''" : "'127.0.0.1'",
    port: String(tcpPort ?? SOCKET_PORT),
    unix_socket_directories: socketDir === undefined ? "''" : quoteFolder(socketDir),
    unix_socket_permissions: '0700',
    password_encryption: "'scram-sha-256'",
    max_connections: '60',

    // What Pawl's promise rests on.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',

    // Small commits: a session that commits writes and syncs at once, since Pawl batches by itself; and checkpoints are
    // far apart, since after each one every page's first change is logged whole.
    commit_delay: '0',
    wal_compression: 'on',
    wal_buffers: "'16MB'",
    max_wal_size: "'2GB'",
    min_wal_size: "'256MB'", // segments kept and used again: writing over them is faster than growing new ones
    checkpoint_timeout: "'15min'",

    // Little memory and few processes while idle: no parallel query, no workers for asynchronous reads (Pawl's reads are
    // short and cached), no compiler.
    shared_buffers: `'${sharedBuffersMib()}MB'`,
    huge_pages: 'off',
    jit: 'off',
    io_method: "'sync'",
    max_worker_processes: '4',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    max_wal_senders: '2',

    // Queue tables die and are born all the time; tables set the rest for themselves.
    autovacuum_naptime: "'20s'",
    autovacuum_max_workers: '2',
    max_locks_per_transaction: '128',

    // The log goes to standard error, which the launcher directs to a file. `terse` keeps row values out of it.
    logging_collector: 'off',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: "'%m [%p] '",
    log_timezone: "'UTC'",
    timezone: "'UTC'",
    lc_messages: "'C'",
  };
}

/** An element of a list setting, in double quotes for its blanks and commas, within a string's single ones. */
function quoteFolder(folder: string): string {
  return `'"${folder.replaceAll('"', '""').replaceAll("'", "''")}"'`;
}

function sharedBuffersMib(): number {
  const eighth = Math.floor(totalmem() / MEBIBYTE / 8);
  return Math.min(SHARED_BUFFERS_MAX_MIB, Math.max(SHARED_BUFFERS_MIN_MIB, eighth));
}
