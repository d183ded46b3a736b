import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServer, whyNoServer } from '@pawl/testkit';
import { startEmbedded } from './embedded/index.ts';
import { freePort } from './free-port.fixture.ts';

/** A PostgreSQL server for tests that only need some server, reached by TCP. */
export interface TestServer {
  /** Address of its maintenance database, as a user who may create others. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The external server where one answers, else an embedded one of its own. */
export async function startTestServer(): Promise<TestServer> {
  if ((await whyNoServer()) === undefined) return { url: testServer(), stop: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-server-'));
  const port = await freePort();
  const embedded = await startEmbedded({ dataDir, claim: 'own', port });
  const url = new URL(`postgresql://127.0.0.1:${port}/postgres`);
  url.username = embedded.poolConfig.user;
  url.password = embedded.poolConfig.password;
  return {
    url: url.href,
    async stop() {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
