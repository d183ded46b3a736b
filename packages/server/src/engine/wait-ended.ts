import type { Cancellation } from '@pawl/core';
import type { EngineContext } from './context.ts';
import type { PublicRun } from './read-run.ts';
import { readRun, requireNotAside, requireRun } from './read-run.ts';

/** How often the head of another worker's run is looked at (ms), and every how many looks whether it was set aside. */
const pollMs = 100;
const looksPerCheck = 20;

/** Waits for a run's end; see `Engine.ended`. */
export async function waitEnded(
  context: EngineContext,
  run: string,
  signal?: AbortSignal,
): Promise<PublicRun | undefined> {
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal?.aborted) resolve('aborted');
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  for (let looks = 0; signal?.aborted !== true; looks += 1) {
    const summary = await requireRun(context, run);
    if (summary.endedAt !== null) return readRun(context, run);
    if (looks % looksPerCheck === looksPerCheck - 1) await requireNotAside(context, run);
    // The worker of this process tells the end at once, and says so where the run is not its own.
    const here = context.worker()?.whenEnded(run, cancellationOf(signal)) ?? Promise.resolve('elsewhere');
    if ((await Promise.race([here, aborted])) === 'elsewhere') await Promise.race([pause(context), aborted]);
  }
  return undefined;
}

/** So that a wait that is given up is forgotten where it was asked for. */
function cancellationOf(signal: AbortSignal | undefined): Pick<Cancellation, 'onCancel'> {
  return { onCancel: (callback) => signal?.addEventListener('abort', callback, { once: true }) };
}

function pause({ clock }: EngineContext): Promise<void> {
  return new Promise((resolve) => void clock.after(pollMs, resolve));
}
