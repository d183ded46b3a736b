import { PawlError } from '@pawl/core';

import type { Binaries } from './binaries.ts';
import { connectionOf, type EmbeddedConnection, reachDatabase } from './connection.ts';
import { ensureCluster, ensurePassword } from './init-cluster.ts';
import type { ClusterLayout } from './layout.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { START_TIMEOUT_MS, startPostmaster, waitReady } from './start-postmaster.ts';
import { stopPostmaster } from './stop-postmaster.ts';

/** What the caller wants running. */
export interface Wanted {
  readonly layout: ClusterLayout;
  readonly binaries: Binaries;
  readonly port: number | undefined;
  readonly database: string;
  /** True for the owner: its port counts, and a PostgreSQL that does not answer may be started again by it. */
  readonly decides: boolean;
  readonly onLog: (line: string) => void;
  /** True when no other process uses the cluster. */
  readonly isSoleUser: () => boolean;
}

/** A PostgreSQL that takes connections. */
export interface Running {
  readonly pid: number;
  /** It ran before. */
  readonly adopted: boolean;
  readonly connection: EmbeddedConnection;
}

/** Adopts the cluster's living PostgreSQL or starts one, making the cluster first where needed. The caller holds the change lock. */
export async function ensureRunning(wanted: Wanted): Promise<Running> {
  const { layout, binaries, port, onLog } = wanted;
  const adopted = await adopt(wanted);
  if (adopted !== undefined) return adopted;
  const account = await ensureCluster(layout, binaries);
  const pid = await startPostmaster({ layout, binaries, account, port });
  onLog(`PostgreSQL started ${account.how} in ${layout.clusterDir} (pid ${pid})`);
  const connection = await reach(wanted);
  if (connection === undefined) throw unanswered(layout);
  return { pid, adopted: false, connection };
}

async function adopt(wanted: Wanted): Promise<Running | undefined> {
  const { layout, binaries, onLog } = wanted;
  const pid = await waitReady(layout, START_TIMEOUT_MS);
  if (pid !== undefined) {
    const connection = await reach(wanted);
    if (connection !== undefined && !otherPort(wanted)) {
      onLog(`PostgreSQL in ${layout.clusterDir} runs already (pid ${pid}); adopted`);
      return { pid, adopted: true, connection };
    }
    if (connection === undefined && !wanted.isSoleUser()) throw unanswered(layout);
    onLog(
      `PostgreSQL in ${layout.clusterDir} ${connection === undefined ? 'does not answer' : 'listens elsewhere'}; starting it again`,
    );
  }
  // Also when it is shutting down: a new one starts only after it.
  await stopPostmaster(layout, binaries.pgCtl);
  return undefined;
}

/** A cluster that others use keeps its port; they have connections there. */
function otherPort({ layout, port, decides, isSoleUser }: Wanted): boolean {
  if (!decides) return false;
  const file = readPostmasterFile(layout.clusterDir);
  const living = file === undefined || file.listenAddress === '' ? undefined : file.port;
  // Without a wish for TCP the port of a platform without sockets is as good as any.
  return living !== port && !(process.platform === 'win32' && port === undefined) && isSoleUser();
}

async function reach({ layout, database }: Wanted): Promise<EmbeddedConnection | undefined> {
  const file = readPostmasterFile(layout.clusterDir);
  if (file === undefined) return undefined;
  const connection = connectionOf(file, ensurePassword(layout), database);
  return (await reachDatabase(layout, connection)) ? connection : undefined;
}

function unanswered(layout: ClusterLayout): PawlError {
  return new PawlError(
    'PAWL_STORE_EMBEDDED',
    `PostgreSQL in ${layout.clusterDir} runs but does not answer; see ${layout.logFile}.`,
  );
}
