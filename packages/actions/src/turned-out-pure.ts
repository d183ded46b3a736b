import type { ActionRequest, Outcome } from '@pawl/core';
import type { ActionContext } from './action.ts';

/**
 * Runs a call of which only a document could tell that it changes nothing, under an intent that had to assume the worst.
 * Nothing that could have an effect leaves, so that an unanswered attempt is one that never left: it is made again and
 * asks nobody. What the target answered goes to the flow at once, as for any `pure` call.
 */
export async function runPure(
  request: ActionRequest,
  context: ActionContext,
  run: (request: ActionRequest, context: ActionContext) => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await run({ ...request, guarantee: 'pure' }, { ...context, left: () => undefined });
  switch (outcome.kind) {
    case 'completed':
      return { ...outcome, pure: true };
    case 'ambiguous':
      return { kind: 'retryable', left: false, error: outcome.error };
    case 'retryable':
      return outcome.left ? { kind: 'terminal', error: outcome.error } : outcome;
    case 'terminal':
    case 'cancelled':
      return outcome;
  }
}
