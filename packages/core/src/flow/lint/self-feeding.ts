import type { Json } from '../../json.ts';
import { isObject } from '../../json.ts';
import { lifecycleTypes } from '../../state/lifecycle.ts';
import { member } from '../member.ts';
import type { Lint } from './report.ts';
import { warn } from './report.ts';

/** Waits that the flow's own runs end: each publishes the very events that start, or wake, the next. */
export function lintSelfFeeding(lint: Lint): void {
  const feeds = 'Each run of this flow publishes such an event too, so each leads to the next one, without an end.';
  lintStrategy(lint, member(lint.document['schedule'], 'on'), '/schedule/on', feeds);
  for (const { task, path, kind } of lint.sites.tasks) {
    if (kind !== 'listen') continue;
    const own = 'The runs of this flow publish such events too: this may take what its own run tells of itself.';
    lintStrategy(lint, member(task['listen'], 'to'), `${path}/listen/to`, own);
  }
}

function lintStrategy(lint: Lint, to: Json | undefined, path: string, message: string): void {
  if (!isObject(to)) return;
  lintFilter(lint, to['one'], `${path}/one`, message);
  for (const name of ['any', 'all']) {
    const filters = to[name];
    for (const [i, filter] of (Array.isArray(filters) ? (filters as readonly Json[]) : []).entries())
      lintFilter(lint, filter, `${path}/${name}/${i}`, message);
  }
  lintStrategy(lint, to['until'], `${path}/until`, message);
}

/** A filter that asks for more than a type may leave out the flow's own runs, and is believed to. */
function lintFilter(lint: Lint, filter: Json | undefined, path: string, message: string): void {
  const wanted = member(filter, 'with');
  if (!isObject(wanted) || Object.keys(wanted).length > 1) return;
  const { type } = wanted;
  if (typeof type !== 'string' || !lifecycleTypes.includes(type)) return;
  const fix = 'say whose they are: with: {type: …, source: /sales/orders/1.0.0}';
  warn(lint, 'PAWL_FLOW_FEEDS_ITSELF', `${path}/with/type`, message, fix);
}
