import { createHash } from 'node:crypto';
import type { ActionRequest, JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';

/**
 * The requests that this process has sent, by effect. The engine freezes the arguments of a call; what a document
 * makes of them is frozen here, so that a document that changes between two attempts does not turn a resend into another
 * request. Bounded: the oldest are forgotten.
 */
export class FrozenRequests {
  readonly #known = new Map<string, string>();

  /** Whether this attempt repeats what left in an earlier one, or nothing is known to have left. */
  allows(request: ActionRequest, made: JsonObject): boolean {
    const known = this.#known.get(effectOf(request));
    return request.attempt === 1 || known === undefined || known === fingerprint(made);
  }

  /** Notes what leaves. */
  note(request: ActionRequest, made: JsonObject): void {
    const effect = effectOf(request);
    this.#known.delete(effect);
    this.#known.set(effect, fingerprint(made));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= actionLimits.frozenRequests) break;
      this.#known.delete(oldest);
    }
  }
}

/** A natural key may be that of several steps, so that it alone does not name an effect. */
function effectOf({ run, step, key }: ActionRequest): string {
  return JSON.stringify([run, step, key]);
}

/** Who calls is no part of a request: a credential may be renewed meanwhile. */
function fingerprint({ method, endpoint, headers, body }: JsonObject): string {
  const uri = typeof endpoint === 'object' && endpoint !== null ? (endpoint as JsonObject)['uri'] : endpoint;
  return createHash('sha256')
    .update(JSON.stringify([method, uri, headers, body ?? null]))
    .digest('base64url');
}
