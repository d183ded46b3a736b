import type { Json, JsonObject } from '@pawl/core';
import { cell } from './words.ts';

/** What an event says beside its type: who decided what and why, and the errors. Empty where there is nothing to add. */
export function eventText(event: JsonObject): string {
  const reason = cell(event['reason']);
  switch (event['type']) {
    case 'decision.asked':
      return reason;
    case 'decision.made':
      return withReason(`${verdictText(event['verdict'])}, by ${cell(event['by'])}`, reason);
    case 'decision.approved':
    case 'decision.refused':
    case 'cancel.requested':
      return withReason(`by ${cell(event['by'])}`, reason);
    default:
      return errorText(event['error']);
  }
}

function withReason(text: string, reason: string): string {
  return reason === '' ? text : `${text}: ${reason}`;
}

/** A verdict in the words of the options of `pawl decide`. */
function verdictText(verdict: Json | undefined): string {
  const { applied, fail, decision, data } = (verdict ?? {}) as JsonObject;
  if (decision !== undefined)
    return `${cell(decision)}${data === null || data === undefined ? '' : ` ${JSON.stringify(data)}`}`;
  if (fail === true) return 'fail';
  return applied === true ? 'applied' : 'not applied';
}

function errorText(error: Json | undefined): string {
  const { title, detail } = (error ?? {}) as JsonObject;
  return [title, detail].map(cell).filter(Boolean).join(': ');
}
