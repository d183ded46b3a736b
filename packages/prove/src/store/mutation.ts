import type { Commit, JsonObject } from '@pawl/core';
import { simHash } from '../sim/hash.ts';

/** Guards that a self-test of the prover switches off, one at a time, to see that what they prevent is found. */
export interface StoreMutation {
  /** Fence: a commit of a worker that has lost its partition is written. */
  readonly noFence?: boolean;
  /** Lease lock: a takeover does not wait for a commit that has been let in and has not ended. */
  readonly noLeaseLock?: boolean;
  /** Dedup: a start whose key exists is begun again. */
  readonly noDedup?: boolean;
  /** Intent: attempts are not written down before they leave. */
  readonly noIntent?: boolean;
  /** Output commit: a commit is acknowledged before it is written, so that requests leave before it. */
  readonly acksEarly?: boolean;
  /** Lineage: workers are not told that the database went back. */
  readonly noLineage?: boolean;
  /** Inbox: a message is gone once it was read, not once a commit has consumed it. */
  readonly readsOnce?: boolean;
}

/** A commit without the intents of steps that start. */
export function withoutIntents(commit: Commit): Commit {
  const journal = commit.journal.map((row) => {
    const events = (JSON.parse(row.body) as JsonObject[]).map(({ intent: _, ...event }) => event);
    const body = JSON.stringify(events);
    return { ...row, body, checksum: simHash.crc32(body) };
  });
  return { ...commit, journal };
}
