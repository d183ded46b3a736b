import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type ClusterFiles, connectTo } from './cluster-files.ts';

/** How far a run is, read from the store's tables every few milliseconds. */
export interface RunWatch {
  /** Number of the last event that is on disk. */
  readonly seq: number;
  /** Letter of the run's status in the store: `c` completed, `f` faulted, `x` cancelled … */
  readonly status: string;
  /** Resolves with the time (ms, monotonic) of the next progress. Rejects when there is none for `patienceMs`. */
  progress(patienceMs: number): Promise<number>;
  stop(): Promise<void>;
}

const pollMs = 20;

/** Watches a run, across every death of its database. */
export function watchRun(store: ClusterFiles, run: string): RunWatch {
  const seen = { seq: 0, status: '' };
  let waiting: ((at: number) => void)[] = [];
  let stopped = false;
  const look = async (client: pg.Client): Promise<void> => {
    const { rows } = await client.query<{ seq: number; status: string }>(
      `select (select coalesce(max(seq_to), 0) from pawl.journal where run = $1) as seq, status from pawl.run where id = $1`,
      [run],
    );
    const [row] = rows;
    if (row === undefined) return;
    seen.status = row.status;
    if (row.seq <= seen.seq) return;
    seen.seq = row.seq;
    const [now, told] = [performance.now(), waiting];
    waiting = [];
    for (const tell of told) tell(now);
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const client = await connectTo(store).catch(() => undefined);
      try {
        while (client !== undefined && !stopped) {
          await look(client);
          await sleep(pollMs);
        }
      } catch {
        // The database died: the next connection is to its successor.
      }
      await client?.end().catch(() => undefined);
      await sleep(pollMs);
    }
  };
  const watching = loop();
  return {
    get seq() {
      return seen.seq;
    },
    get status() {
      return seen.status;
    },
    progress: (patienceMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`run ${run} made no progress for ${patienceMs} ms`)),
          patienceMs,
        );
        waiting.push((at) => {
          clearTimeout(timer);
          resolve(at);
        });
      }),
    async stop() {
      stopped = true;
      await watching;
    },
  };
}
