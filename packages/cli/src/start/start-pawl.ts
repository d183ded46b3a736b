import { ensureError } from '@pawl/core';
import { type Engine, openEngine, serve } from '@pawl/server';
import { type Demo, startDemo } from '../demo/demo.ts';
import { chooseLog } from '../engine/choose-log.ts';
import { openDatabase } from '../engine/database.ts';
import { engineOptions } from '../engine/options.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { print } from '../output.ts';
import { describeError } from '../report.ts';
import { readSettings, type Settings } from '../settings.ts';
import { openedOrStopped, untilStopped } from '../stop-signal.ts';
import { type Closer, closeAll } from './closers.ts';
import { deployExamples } from './examples.ts';
import { importOnce, importText } from './import-once.ts';

/** Starts database, worker, HTTP server and examples, and stops them in order at Ctrl-C or SIGTERM. */
export async function startPawl(withExamples: boolean): Promise<ExitCode> {
  const settings = readSettings();
  const stopping = new AbortController();
  const stopped = untilStopped();
  void stopped.then(() => stopping.abort());
  const closers: Closer[] = [];
  try {
    const { engine, demo, url } = await openedOrStopped(open(settings, withExamples, closers), stopped);
    print(`Pawl is at ${url} (process ${process.pid}, API: ${url}/api/openapi.json)`);
    const shown = demo === undefined ? stopped : runExamples(engine, demo, url, stopping.signal);
    const failed = engine.failed.then((error) => Promise.reject(error));
    await Promise.race([shown, stopped, failed]);
    await Promise.race([stopped, failed]);
    return exitCodes.done;
  } finally {
    await closeAll(closers);
  }
}

interface Opened {
  readonly engine: Engine;
  readonly demo: Demo | undefined;
  readonly url: string;
}

/** Opens everything; what was opened is in `closers` even if this rejects. */
async function open(settings: Settings, withExamples: boolean, closers: Closer[]): Promise<Opened> {
  const log = await chooseLog(settings);
  const onLog = (line: string): void => log.info({}, line);
  // Side by side: each PostgreSQL takes most of a second.
  const [opened, demo] = await allOpened(closers, [
    openDatabase(settings, 'own', onLog),
    withExamples ? startDemo(settings, onLog) : undefined,
  ]);
  print(`Database: ${opened.embedded ? `PostgreSQL in ${settings.dataDir}` : 'the PostgreSQL of PAWL_DATABASE_URL'}`);
  const engine = await openEngine({
    ...engineOptions(settings, demo ?? { grants: [], connections: {} }),
    database: opened.database,
    worker: 'shares',
    log,
    logLevel: settings.logLevel,
  });
  closers.push(() => engine.stop({ drain: true }));
  const { host, port, token, requireToken, publicUrl, tls } = settings;
  const server = await serve(engine, {
    ...{ host, port, requireToken },
    ...(token === undefined ? {} : { adminToken: token }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(tls === undefined ? {} : { tls }),
  });
  closers.push(() => server.close());
  return { engine, demo, url: server.url };
}

/** Waits for both; what opened will be closed even if the other did not. The first one's error goes before the second's. */
async function allOpened<A extends { stop: Closer }, B extends { stop: Closer } | undefined>(
  closers: Closer[],
  [first, second]: readonly [Promise<A>, Promise<B> | B],
): Promise<[A, B]> {
  for (const result of await Promise.allSettled([first, second])) {
    if (result.status === 'fulfilled' && result.value !== undefined) closers.push(result.value.stop);
  }
  return [await first, await second];
}

async function runExamples(engine: Engine, demo: Demo, url: string, signal: AbortSignal): Promise<void> {
  try {
    await deployExamples(engine);
    print(importText(await importOnce(engine, demo, signal, print)));
    if (!signal.aborted) print(nextSteps(demo, url));
  } catch (error) {
    // Pawl serves on: an example is no reason to stop it.
    print(`The examples did not run. ${describeError(ensureError(error))}`);
  }
}

/** Addresses that commands and the example know without being told. */
const knownUrl = 'http://127.0.0.1:7295';
const knownTarget = 'http://127.0.0.1:7296';

function nextSteps({ targetUrl }: Demo, url: string): string {
  const orders = 'examples/charge-orders/orders.json';
  const run = 'npx --no pawl run examples/charge-orders/flow.yaml --input';
  const charge =
    targetUrl === knownTarget
      ? `${run} @${orders}`
      : `npx --no pawl jq '.target = "${targetUrl}"' < ${orders} | ${run} -`;
  return `
Try next, in another terminal:
  ${charge}
  curl ${targetUrl}/ledger
  ${url === knownUrl ? '' : `PAWL_URL=${url} `}npx --no pawl runs
Press Ctrl-C to stop, or kill -9 this process and start it again.`;
}
