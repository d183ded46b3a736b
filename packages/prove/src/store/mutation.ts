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
  /** Messages: a commit is written without what it says to other runs and to schedules. */
  readonly mute?: boolean;
  /** Delivery: an event is noted as given to its listener, and no message is written. */
  readonly givesNothing?: boolean;
  /** Delivery: what was given to whom is not noted. */
  readonly givesAgain?: boolean;
  /** Schedules: what a schedule knows is not written with what it starts. */
  readonly forgetsTicks?: boolean;
  /** Inbox: a message is gone once it was read, not once a commit has consumed it. */
  readonly readsOnce?: boolean;
}

/** What is written of a commit. */
export function mutated(commit: Commit, { noIntent, mute, forgetsTicks }: StoreMutation): Commit {
  const written = noIntent ? withoutIntents(commit) : commit;
  return {
    ...written,
    ...(mute ? { messages: [] } : {}),
    ...(forgetsTicks ? { schedules: [] } : {}),
  };
}

/** A commit without the intents of steps that start. */
function withoutIntents(commit: Commit): Commit {
  const journal = commit.journal.map((row) => {
    const events = (JSON.parse(row.body) as JsonObject[]).map(({ intent: _, ...event }) => event);
    const body = JSON.stringify(events);
    return { ...row, body, checksum: simHash.crc32(body) };
  });
  return { ...commit, journal };
}
