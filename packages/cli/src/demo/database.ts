import { createServer, type AddressInfo } from 'node:net';
import { PawlError } from '@pawl/core';
import { type Embedded, startEmbedded } from '@pawl/store';
import type { Settings } from '../settings.ts';
import { demoDir } from './state.ts';

/** The examples' database, a PostgreSQL of its own: no other flow has its password. */
export interface DemoDatabase {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  stop(): Promise<void>;
}

const databaseName = 'cities';

/**
 * Starts, adopts or joins the demo database. It listens on 127.0.0.1 at `port`, or on a free port when that is 0 or
 * taken; every user of a running one learns its port from it.
 */
export async function openDemoDatabase(
  settings: Pick<Settings, 'dataDir'>,
  port: number,
  claim: 'own' | 'join',
  onLog?: (line: string) => void,
): Promise<DemoDatabase> {
  const open = (wanted: number): Promise<Embedded> =>
    startEmbedded({ dataDir: demoDir(settings), claim, port: wanted, database: databaseName, onLog });
  const embedded = await open(port === 0 ? await freePort() : port).catch(async (error: unknown) => {
    if (error instanceof PawlError && error.code === 'PAWL_PORT_TAKEN') return open(await freePort());
    throw error;
  });
  const { user, password, database, port: opened } = embedded.poolConfig;
  return { port: opened, user, password, database, stop: () => embedded.stop() };
}

/** A port of 127.0.0.1 that is free at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
