import { isObject } from '../../json.ts';
import { pawlOf } from '../contract-read.ts';
import { member } from '../member.ts';
import { limitedTasks } from './events.ts';
import { warn } from './report.ts';
import type { Lint } from './report.ts';

/** Subscriptions of `call: asyncapi`: they should have an end where no message comes. */
export function lintSubscriptions(lint: Lint): void {
  const limited = limitedTasks(lint);
  for (const site of lint.sites.tasks) {
    const { task, path } = site;
    const subscription = task['call'] === 'asyncapi' ? member(task['with'], 'subscription') : undefined;
    if (!isObject(subscription) || member(subscription['consume'], 'for') !== undefined) continue;
    if (member(member(pawlOf(task), 'attempts'), 'timeout') !== undefined || limited(site)) continue;
    warn(
      lint,
      'PAWL_FLOW_WAIT_ENDLESS',
      `${path}/with/subscription/consume`,
      'Where too few messages come, nothing but the limit of an attempt (an hour) ends this subscription, and then the step fails.',
      'add for: {minutes: 5} to take what has come by then, or timeout: {after: PT5M} to the task',
    );
  }
}
