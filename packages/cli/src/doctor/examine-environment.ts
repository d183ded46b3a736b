import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadConnections } from '@pawl/actions';
import { ensureError } from '@pawl/core';
import { makeCatalog } from '../catalog.ts';
import type { Settings } from '../settings.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const oldestNode = 24;
/** PostgreSQL alone takes some 50 MB at once, and journals grow. */
const leastFreeBytes = 1_073_741_824;
const groupAndOthers = 0o077;

/** Looks at Node, the data folder, and what the environment variables name. */
export function examineEnvironment(settings: Settings): Finding[] {
  return [nodeVersion(), ...dataFolder(settings), connections(settings), nets(settings), ...files(settings)];
}

function nodeVersion(): Finding {
  const found = `Node ${process.versions.node}`;
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return ok('node', found);
  return fail('node', found, `Pawl needs Node ${oldestNode}: run npm start once, it brings its own.`);
}

function dataFolder({ dataDir, databaseUrl }: Settings): Finding[] {
  if (databaseUrl !== undefined) return [ok('data folder', 'not used: PAWL_DATABASE_URL is set')];
  const parent = existsSync(dataDir) ? dataDir : nearestFolder(dataDir);
  if (!isWritable(parent))
    return [
      fail(
        'data folder',
        `${parent} is not writable.`,
        'Give the user that runs Pawl the right to write there, or set PAWL_DATA.',
      ),
    ];
  const { bavail, bsize } = statfsSync(parent);
  const free = bavail * bsize;
  const space = `${Math.floor(free / 1_048_576).toString()} MiB are free`;
  const disk = free < leastFreeBytes ? warn('disk', space, 'Make room before the disk is full.') : ok('disk', space);
  if (parent !== dataDir) return [ok('data folder', `${dataDir} will be made by the first start`), disk];
  const isOpen = process.platform !== 'win32' && (statSync(dataDir).mode & groupAndOthers) !== 0;
  const found = isOpen
    ? warn('data folder', `Others can look into ${dataDir}.`, `Run: chmod 700 ${dataDir}`)
    : ok('data folder', dataDir);
  return [found, disk];
}

function nearestFolder(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? parent : nearestFolder(parent);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function connections({ connectionsFile }: Settings): Finding {
  try {
    const names = loadConnections(connectionsFile).names();
    return ok(
      'connections',
      connectionsFile === undefined
        ? 'PAWL_CONNECTIONS is not set'
        : `${names.length} in ${connectionsFile}: ${names.join(', ')}`,
    );
  } catch (error) {
    return fail(
      'connections',
      ensureError(error).message,
      'Flows that name a connection fail until the file is mended.',
    );
  }
}

function nets({ allowNets }: Settings): Finding {
  try {
    makeCatalog(allowNets);
    return ok('egress', allowNets === '' ? 'flows reach the public internet only' : `flows also reach ${allowNets}`);
  } catch (error) {
    return fail(
      'egress',
      ensureError(error).message,
      'Mend PAWL_ALLOW_NETS: addresses or CIDRs, each with :PORT where wanted.',
    );
  }
}

function files({ files: folders }: Settings): Finding[] {
  const missing = folders.filter((folder) => !existsSync(folder));
  if (missing.length === 0) return [ok('files', `flows read below ${folders.join(', ')}`)];
  return [warn('files', `There is no folder ${missing.join(', ')}.`, 'Make it, or take it out of PAWL_FILES.')];
}
