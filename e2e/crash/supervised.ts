import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '@pawl/testkit';

/** A process that is started again whenever it dies, as a supervisor of the operating system would do. */
export interface Supervised {
  /** kill -9. False where it did not live at the moment. */
  kill(): Promise<boolean>;
  /** Ends it in order; tells how it ended. */
  stop(): Promise<number | NodeJS.Signals>;
  /** How it ended although nobody killed it. That it could not start without its database is none: it says so and is started again. */
  readonly mishaps: readonly string[];
  /** How often it gave up since it could not reach its database. */
  readonly refusals: number;
}

/** What a command prints that ends since its database is away: one sentence with its code. */
const withoutDatabase = /^PAWL_STORE_[A-Z_]+: .*\n$/m;

/** A supervisor does not start in the very moment of the death. */
const restartMs = 200;

/** Starts a program by `start` and again whenever it ends. What it prints goes to `logFile`. */
export function supervise(
  name: string,
  logFile: string,
  start: (onOutput: (text: string) => void) => Program,
): Supervised {
  const log = openSync(logFile, 'a');
  const mishaps: string[] = [];
  let refusals = 0;
  let killed = false;
  let stopping = false;
  let program: Program;
  const launch = (): void => {
    program = start((text) => void writeSync(log, text));
    void program.ended.then(async (how) => {
      writeSync(log, `--- ${name} ended: ${how}\n`);
      if (stopping) return;
      if (!killed && how === 1 && withoutDatabase.test(program.stderr)) refusals += 1;
      else if (!killed) mishaps.push(`${name} ended by itself: ${how}; see ${logFile}`);
      killed = false;
      await sleep(restartMs);
      if (!stopping) launch();
    });
  };
  launch();
  return {
    mishaps,
    get refusals() {
      return refusals;
    },
    async kill() {
      if (!program.living) return false;
      killed = true;
      writeSync(log, `--- kill -9 ${name} (pid ${program.pid})\n`);
      await program.kill();
      return true;
    },
    async stop() {
      stopping = true;
      const how = await program.stop();
      closeSync(log);
      return how;
    },
  };
}
