import { FailedAttempt, terminal } from '../../failures.ts';
import { quoteText } from '../../http/quote.ts';
import { actionLimits } from '../../limits.ts';

/** The broker does not let us in. */
export function notLetIn(said: string): FailedAttempt {
  return new FailedAttempt(terminal('authentication', `The broker refused who connects: ${quoted(said)}`));
}

/** The broker refuses what was asked, for certain. */
export function refusedBy(said: string, status = 403): FailedAttempt {
  return new FailedAttempt(terminal(status === 403 ? 'authorization' : 'communication', quoted(said), { status }));
}

/** What Pawl cannot do with this server or message as it is described. */
export function misfit(detail: string): FailedAttempt {
  return new FailedAttempt(terminal('configuration', `${detail} Nothing was sent.`));
}

function quoted(said: string): string {
  return quoteText(said, [], actionLimits.quotedAnswer).replace(/([^.!?])$/, '$1.');
}
