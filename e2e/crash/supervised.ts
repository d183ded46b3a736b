import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '@pawl/testkit';

/** A process that is started again whenever it dies, as a supervisor of the operating system would do. */
export interface Supervised {
  /** kill -9. False where it did not live at the moment. */
  kill(): Promise<boolean>;
  /** Ends it in order; tells how it ended. */
  stop(): Promise<number | NodeJS.Signals>;
  /** How often it ended although nobody killed it, and how. */
  readonly mishaps: readonly string[];
}

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
  let killed = false;
  let stopping = false;
  let program: Program;
  const launch = (): void => {
    program = start((text) => void writeSync(log, text));
    void program.ended.then(async (how) => {
      writeSync(log, `--- ${name} ended: ${how}\n`);
      if (stopping) return;
      if (!killed) mishaps.push(`${name} ended by itself: ${how}; see ${logFile}`);
      killed = false;
      await sleep(restartMs);
      if (!stopping) launch();
    });
  };
  launch();
  return {
    mishaps,
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
