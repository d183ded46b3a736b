import { createHash } from 'node:crypto';
import type { JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';

/**
 * The requests that this process has sent, by effect key. The engine freezes the arguments of a call; what a document
 * makes of them is frozen here, so that a document that changes between two attempts does not turn a resend into another
 * request. Bounded: the oldest are forgotten.
 */
export class FrozenRequests {
  readonly #known = new Map<string, string>();

  /** Whether this is what left for the effect before, or nothing is known to have left. */
  allows(key: string, args: JsonObject): boolean {
    const known = this.#known.get(key);
    return known === undefined || known === fingerprint(args);
  }

  /** Notes what leaves. */
  note(key: string, args: JsonObject): void {
    this.#known.delete(key);
    this.#known.set(key, fingerprint(args));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= actionLimits.frozenRequests) break;
      this.#known.delete(oldest);
    }
  }
}

/** Who calls is no part of a request: a credential may be renewed meanwhile. */
function fingerprint({ method, endpoint, headers, body }: JsonObject): string {
  const uri = typeof endpoint === 'object' && endpoint !== null ? (endpoint as JsonObject)['uri'] : endpoint;
  return createHash('sha256')
    .update(JSON.stringify([method, uri, headers, body ?? null]))
    .digest('base64url');
}
