import type { ActionRequest, Guarantee, Json } from '@pawl/core';

/** What the targets know of one effect key. */
export interface LedgerEntry {
  readonly key: string;
  readonly guarantee: Guarantee;
  readonly run: string;
  readonly step: string;
  /** Requests that came in. */
  arrivals: number;
  /** Effects that took place. */
  applied: number;
  /** Requests that have left and not come in yet. */
  underway: number;
  /** Answer to the first request that was applied. */
  output: Json;
  /** When a keyed target saw the key first (ms of virtual time). */
  firstAt: number;
}

/**
 * The independent book of the targets: what they got and what they did, by effect key. It knows nothing of the engine,
 * and the engine nothing of it.
 */
export class Ledger {
  readonly entries = new Map<string, LedgerEntry>();
  /** Effects that took place, over all keys. */
  effects = 0;

  /** The entry of a request's key. */
  entry(request: ActionRequest): LedgerEntry {
    const { key, run, step, action } = request;
    // What the target truly does, whatever the engine believes.
    const guarantee = action.slice(action.indexOf('.') + 1) as Guarantee;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { key, guarantee, run, step, arrivals: 0, applied: 0, underway: 0, output: null, firstAt: 0 };
      this.entries.set(key, entry);
    }
    return entry;
  }

  /** The entry of a key, if anything of it has left. */
  find(key: string): LedgerEntry | undefined {
    return this.entries.get(key);
  }

  /**
   * A request is carried out as its target's guarantee says: a `once` target does it again each time, a keyed one
   * recognises the key while it remembers it, an idempotent one is in that state already. `left`: when the request was
   * sent (ms); how long it was under way and being worked on does not count against what the target remembers.
   */
  carryOut(request: ActionRequest, left: number): { readonly output: Json; readonly repeated: boolean } {
    const entry = this.entry(request);
    if (entry.guarantee === 'pure') return { output: outputOf(request), repeated: false };
    const retention =
      entry.guarantee === 'keyed' ? (request.keyIn?.retentionMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    const remembered = entry.guarantee !== 'once' && entry.applied > 0 && left - entry.firstAt < retention;
    if (remembered) return { output: entry.output, repeated: true };
    entry.applied += 1;
    entry.firstAt = left;
    entry.output = outputOf(request);
    this.effects += 1;
    return { output: entry.output, repeated: false };
  }
}

/** A small answer that depends on the request. */
function outputOf(request: ActionRequest): Json {
  return { did: request.action, n: JSON.stringify(request.args).length % 7 };
}
