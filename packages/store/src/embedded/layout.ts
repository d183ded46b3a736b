import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { makeFolders } from './make-folders.ts';

/** Where the files of one embedded PostgreSQL cluster lie. Every path is absolute and free of links. */
export interface ClusterLayout {
  /** The data folder (`PAWL_DATA`). */
  readonly dataDir: string;
  /** Name of the cluster: its folder below the data folder. */
  readonly name: string;
  /** PostgreSQL's own data directory. */
  readonly clusterDir: string;
  /** What PostgreSQL and its tools print. */
  readonly logFile: string;
  /** The database password, readable by Pawl alone. */
  readonly passwordFile: string;
  /** Held by the one Pawl that owns the cluster. */
  readonly ownerLock: string;
  /** Who that is, for people; the lock decides. */
  readonly ownerNote: string;
  /** Shared by every process that uses the cluster. */
  readonly usersLock: string;
  /** Held while PostgreSQL is made, started or stopped. */
  readonly changeLock: string;
  /** PostgreSQL's `cluster_name`: it stands in the title of each of its processes, so that they can be told from others. */
  readonly clusterName: string;
}

/** What every `cluster_name`, and the name of every socket folder, begins with. */
export const CLUSTER_NAME_PREFIX = 'pawl-';

/** Creates the data folder (mode 0700) where it is missing and says where everything in it lies. Throws Node's own file errors. */
export function openLayout(dataDir: string, name: string): ClusterLayout {
  makeFolders(dataDir);
  const real = realpathSync(resolve(dataDir));
  const locks = join(real, 'locks');
  makeFolders(locks);
  const clusterDir = join(real, name);
  return {
    dataDir: real,
    name,
    clusterDir,
    logFile: join(real, `${name}.log`),
    passwordFile: join(real, /^pg\d+$/.test(name) ? 'pg.password' : `${name}.password`),
    ownerLock: join(locks, `${name}.owner`),
    ownerNote: join(locks, `${name}.owner.json`),
    usersLock: join(locks, `${name}.users`),
    changeLock: join(locks, `${name}.change`),
    clusterName: `${CLUSTER_NAME_PREFIX}${createHash('sha256').update(clusterDir).digest('hex').slice(0, 12)}`,
  };
}

/** The folder below the data folder in which a new cluster is made before it is moved to its place. */
export function stagingPrefix(layout: ClusterLayout): string {
  return `${basename(layout.clusterDir)}.init-`;
}
