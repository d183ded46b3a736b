import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { parseDuration } from '../duration.ts';
import { scanText } from '../expression-text.ts';
import { member } from '../member.ts';
import { refuse } from './report.ts';
import type { Lint } from './report.ts';

/** Durations are not negative, and what a backoff adds to the language is of the right kind. */
export function lintDurations(lint: Lint): void {
  const { document } = lint;
  check(lint, member(document['timeout'], 'after'), '/timeout/after');
  const use = document['use'];
  each(member(use, 'timeouts'), '/use/timeouts', (timeout, path) =>
    check(lint, member(timeout, 'after'), `${path}/after`),
  );
  each(member(use, 'retries'), '/use/retries', (policy, path) => lintRetry(lint, policy, path));
  for (const { task, path, kind } of lint.sites.tasks) {
    check(lint, member(task['timeout'], 'after'), `${path}/timeout/after`);
    if (kind === 'wait') check(lint, task['wait'], `${path}/wait`);
    if (kind === 'try') lintRetry(lint, member(task['catch'], 'retry'), `${path}/catch/retry`);
  }
}

function lintRetry(lint: Lint, policy: Json | undefined, path: string): void {
  if (!isObject(policy)) return;
  check(lint, policy['delay'], `${path}/delay`);
  const { limit } = policy;
  check(lint, member(limit, 'duration'), `${path}/limit/duration`);
  check(lint, member(member(limit, 'attempt'), 'duration'), `${path}/limit/attempt/duration`);
  for (const end of ['from', 'to']) check(lint, member(policy['jitter'], end), `${path}/jitter/${end}`);
  each(policy['backoff'], `${path}/backoff`, (backoff, at) => {
    const factor = member(backoff, 'factor');
    if (factor !== undefined && !(typeof factor === 'number' && factor >= 1)) {
      refuse(
        lint,
        'PAWL_FLOW_BACKOFF',
        `${at}/factor`,
        'The factor of a backoff must be a number from 1.',
        'write factor: 2',
      );
    }
    check(lint, member(backoff, 'max'), `${at}/max`);
  });
}

/** A constant that is no duration of zero or more. */
function check(lint: Lint, value: Json | undefined, path: string): void {
  if (value === undefined || (typeof value === 'string' && scanText(value).kind !== 'literal')) return;
  if (parseDuration(value) === undefined)
    refuse(
      lint,
      'PAWL_FLOW_DURATION',
      path,
      'This is not a duration of zero or more.',
      'write PT30S for 30 seconds, PT5M for 5 minutes or P1D for a day',
    );
}

function each(named: Json | undefined, path: string, visit: (value: Json, path: string) => void): void {
  if (!isObject(named)) return;
  for (const name of Object.keys(named)) visit((named as JsonObject)[name] as Json, path + pointerSegment(name));
}
