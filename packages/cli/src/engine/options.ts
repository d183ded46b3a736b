import { join } from 'node:path';
import { PawlError } from '@pawl/core';
import { type EngineOptions, type KeySource, readKeyFile } from '@pawl/server';
import type { ExampleAccess } from '../demo/access.ts';
import type { Settings } from '../settings.ts';

/** What every engine of this command line has in common. */
export function engineOptions(
  settings: Settings,
  access: ExampleAccess,
): Omit<EngineOptions, 'database' | 'worker' | 'log'> {
  const { eventSink, allowNets, allowRun, host, port, files, connectionsFile, dataDir } = settings;
  return {
    allowNets,
    allowRun,
    denyEndpoints: [{ host, port }],
    files,
    wireFolder: join(dataDir, 'wire'),
    lineageFile: join(dataDir, 'lineage.json'),
    grants: access.grants,
    connections: access.connections,
    keys: keysOf(settings),
    ...(eventSink === undefined ? {} : { eventSink }),
    ...(connectionsFile === undefined ? {} : { connectionsFile }),
  };
}

/** The operator's key, or the one of the data folder where the database is in it, too. */
function keysOf({ key, keyFile, databaseUrl, dataDir }: Settings): KeySource {
  if (key !== undefined) return { kind: 'given', from: 'PAWL_KEY', text: () => Promise.resolve(key) };
  if (keyFile !== undefined) return { kind: 'given', from: keyFile, text: () => textOf(keyFile) };
  return databaseUrl === undefined ? { kind: 'own', path: join(dataDir, 'key') } : { kind: 'none' };
}

async function textOf(keyFile: string): Promise<string> {
  const text = await readKeyFile(keyFile);
  if (text !== undefined) return text;
  throw new PawlError('PAWL_SECRET_KEY', `There is no file ${keyFile}, which PAWL_KEY_FILE names.`);
}
