import type { FlowError } from './flow-error.ts';
import type { Json } from './json.ts';

/**
 * How an attempt ended, as data.
 * - `completed`: applied (or, `already`, found applied by an earlier attempt); `output` is the step's raw output;
 *   `pure`: the call turned out to change nothing, so that a retry around it makes it again
 * - `retryable`: not applied for certain as nothing left (`left: false`), or the target answered "not now" or failed
 *   in a way that a repeat may mend (`left: true`: 408, 409, 425, 429, 5xx of a non-`once` effect); `afterMs` is its Retry-After
 * - `terminal`: refused for certain; a repeat of the same request would be refused again
 * - `ambiguous`: the request left and no answer tells whether it was applied
 * - `cancelled`: the caller gave up before anything left
 */
export type Outcome =
  | { readonly kind: 'completed'; readonly output: Json; readonly already?: boolean; readonly pure?: true }
  | { readonly kind: 'retryable'; readonly error: FlowError; readonly left: boolean; readonly afterMs?: number }
  | { readonly kind: 'terminal'; readonly error: FlowError }
  | { readonly kind: 'ambiguous'; readonly error: FlowError }
  | { readonly kind: 'cancelled' };
