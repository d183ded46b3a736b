import { note } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Exit code of a process that is ended before it could stop in order. */
const forcedExit = 130;

/** Resolves at the first Ctrl-C or SIGTERM; the next one ends the process at once, which is always safe. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of signals) {
      process.on(signal, () => {
        if (stopping) process.exit(forcedExit);
        stopping = true;
        note('Stopping: what is under way may end. Press Ctrl-C again to stop at once; nothing is lost either way.');
        resolve();
      });
    }
  });
}

/** What is being opened; when the process is stopped before, it ends at once: there is nothing yet that could be drained. */
export async function openedOrStopped<T>(opening: Promise<T>, stopped: Promise<void>): Promise<T> {
  let isOpen = false;
  void stopped.then(() => isOpen || process.exit(forcedExit));
  const opened = await opening;
  isOpen = true;
  return opened;
}
