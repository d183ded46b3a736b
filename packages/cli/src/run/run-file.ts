import { existsSync } from 'node:fs';
import { type Json, PawlError } from '@pawl/core';
import { type Engine, openEngine, type PublicRun } from '@pawl/server';
import { formatOf } from '../check/problem-line.ts';
import type { RunOptions } from '../commands/run.ts';
import { openDatabase } from '../engine/database.ts';
import { demoConnection, joinDemo } from '../demo/access.ts';
import { engineOptions } from '../engine/options.ts';
import { textLog } from '../engine/text-log.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note } from '../output.ts';
import { exitCodeOf } from '../report.ts';
import { readJson, readText } from '../read-input.ts';
import { readSettings, type Settings } from '../settings.ts';
import { openJournal } from './journal-file.ts';
import { cancelProblem, errorProblem, faultProblem, printProblem, waitingProblem } from './problem.ts';

/** How long an attempt under way may still take when the command ends before its run (ms). */
const drainMs = 2_000;

/** Runs the flow of a file to its end. stdout gets the output and nothing else; stderr a problem document. */
export async function runFile(file: string, options: RunOptions): Promise<ExitCode> {
  try {
    const text = await readText(file);
    const input = options.input === undefined ? null : await readJson(options.input, 'input');
    const settings = readSettings();
    return await withEngine(settings, options, text, (engine) =>
      runText(engine, { text, format: formatOf(file), input, options }),
    );
  } catch (error) {
    printProblem(errorProblem(error));
    return exitCodeOf(error);
  }
}

/** Opens database and engine for one run, and closes what it opened, whatever happens. */
async function withEngine(
  settings: Settings,
  options: RunOptions,
  text: string,
  use: (engine: Engine) => Promise<ExitCode>,
): Promise<ExitCode> {
  const databaseUrl = options.database ?? settings.databaseUrl;
  const access = await joinDemo(settings, text.includes(demoConnection));
  try {
    const isNew = databaseUrl === undefined && !existsSync(settings.dataDir);
    const opened = await openDatabase({ ...settings, databaseUrl }, 'join');
    if (isNew) note(`pawl: made the data folder ${settings.dataDir}; set PAWL_DATA to use another one.`);
    try {
      const engine = await openEngine({
        ...engineOptions({ ...settings, databaseUrl }, access),
        database: opened.database,
        worker: 'none',
        log: textLog(process.env['PAWL_LOG_LEVEL'] === undefined ? 'error' : settings.logLevel),
      });
      try {
        return await use(engine);
      } finally {
        await engine.stop({ drain: true, timeoutMs: drainMs });
      }
    } finally {
      await opened.stop();
    }
  } finally {
    await access.stop();
  }
}

interface Job {
  readonly text: string;
  readonly format: 'json' | 'yaml';
  readonly input: Json;
  readonly options: RunOptions;
}

async function runText(engine: Engine, { text, format, input, options }: Job): Promise<ExitCode> {
  const journal = await openJournal(options.journal);
  const { version } = await engine.deploy(text, { named: false, format });
  const flow = { hash: version.hash };
  const { run, replayed } = await engine.start({
    flow,
    input,
    ...(options.key === undefined ? {} : { key: options.key }),
  });
  if (replayed) await requireSameFlow(engine, run, version.hash);
  await engine.advance(run);
  const stop = stopSignal(options.timeout);
  const [ended] = await Promise.all([engine.ended(run, stop.signal), journal.write(engine, run, stop.signal)]);
  stop.clear();
  return ended === undefined ? reportWaiting(await engine.run(run), stop.why()) : reportEnd(ended);
}

async function requireSameFlow(engine: Engine, id: string, hash: string): Promise<void> {
  const run = await engine.run(id);
  if (run.flow.hash === hash) return;
  throw new PawlError(
    'PAWL_START_MISMATCH',
    `Run ${id} was started under this key with another flow document; nothing was started.`,
    {
      extra: { run: id },
    },
  );
}

/** Ends the wait at the timeout or when somebody stops the command. The run itself stays as it is. */
function stopSignal(timeoutMs: number | undefined): { readonly signal: AbortSignal; why(): string; clear(): void } {
  const controller = new AbortController();
  let why = 'still waits';
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(), timeoutMs);
  const onSignal = (): void => {
    why = 'was left when the command was stopped';
    controller.abort();
  };
  for (const name of stopSignals) process.once(name, onSignal);
  return {
    signal: controller.signal,
    why: () => why,
    clear: () => {
      clearTimeout(timer);
      for (const name of stopSignals) process.off(name, onSignal);
    },
  };
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function reportEnd(run: PublicRun): ExitCode {
  if (run.status === 'completed') {
    process.stdout.write(`${JSON.stringify(run.output)}\n`);
    return exitCodes.done;
  }
  if (run.status === 'cancelled') {
    printProblem(cancelProblem(run));
    return exitCodes.cancelled;
  }
  printProblem(faultProblem(run));
  return exitCodes.failed;
}

function reportWaiting(run: PublicRun, why: string): ExitCode {
  printProblem(waitingProblem(run, why));
  return exitCodes.waiting;
}
