import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { compilePattern } from '../../schema/pattern.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { pawlOf } from '../contract-read.ts';
import { scanText } from '../expression-text.ts';
import { isKnownText, isPattern, longestPattern } from '../filter-text.ts';
import { member } from '../member.ts';
import { refuse, refuseToRun, warn } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** Events that are published and waited for: attributes that no event has, filters that catch everything, waits without an end. */
export function lintEvents(lint: Lint): void {
  const { document } = lint;
  const limited = limitedTasks(lint);
  lintStrategy(lint, member(document['schedule'], 'on'), '/schedule/on');
  for (const site of lint.sites.tasks) {
    const { task, path, kind } = site;
    if (kind === 'emit')
      lintNames(lint, member(member(task['emit'], 'event'), 'with'), `${path}/emit/event/with`, refuseToRun);
    if (kind !== 'listen') continue;
    lintStrategy(lint, member(task['listen'], 'to'), `${path}/listen/to`);
    if (!limited(site)) {
      warn(
        lint,
        'PAWL_FLOW_WAIT_ENDLESS',
        `${path}/listen`,
        'Nothing but the deadline of the run (30 days) ends this wait where no event comes.',
        'add timeout: {after: P1D}, or set the deadline of the run: document.metadata.pawl.deadline',
      );
    }
  }
}

/** Whether a timeout ends a task: its own, that of one around it, or one that the flow sets. */
export function limitedTasks({ document, sites }: Lint): (site: TaskSite) => boolean {
  const head = document['document'] as JsonObject;
  if (document['timeout'] !== undefined || member(pawlOf(head), 'deadline') !== undefined) return () => true;
  const timed = new Set(sites.tasks.filter(({ task }) => task['timeout'] !== undefined).map(({ path }) => path));
  if (timed.size === 0) return () => false;
  return ({ path }) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (timed.has(path.slice(0, end))) return true;
    }
    return false;
  };
}

function lintStrategy(lint: Lint, to: Json | undefined, path: string): void {
  if (!isObject(to)) return;
  const { one, any, all, until } = to;
  if (isObject(one)) lintFilter(lint, one, `${path}/one`);
  if (Array.isArray(any) && any.length === 0) broad(lint, `${path}/any`, 'This takes every event of the workspace.');
  for (const [name, filters] of [['any', any] as const, ['all', all] as const]) {
    for (const [i, filter] of (Array.isArray(filters) ? (filters as readonly Json[]) : []).entries())
      lintFilter(lint, filter, `${path}/${name}/${i}`);
  }
  lintStrategy(lint, until, `${path}/until`);
}

function lintFilter(lint: Lint, filter: Json, path: string): void {
  const wanted = member(filter, 'with');
  if (!isObject(wanted)) return;
  lintNames(lint, wanted, `${path}/with`, warn);
  const { type } = wanted;
  if (typeof type !== 'string' || !isKnownText(type))
    broad(lint, `${path}/with`, 'This filter names no type, so every event of the workspace is looked at.');
  for (const [name, value] of Object.entries(wanted)) {
    if (typeof value !== 'string' || scanText(value).kind !== 'literal' || !isPattern(value)) continue;
    const pattern = compilePattern(value, longestPattern);
    if (typeof pattern === 'function') continue;
    refuse(
      lint,
      'PAWL_FLOW_EXPRESSION',
      `${path}/with${pointerSegment(name)}`,
      `This regular expression ${pattern.message}.`,
      pattern.hint,
    );
  }
}

function broad(lint: Lint, path: string, message: string): void {
  warn(
    lint,
    'PAWL_FLOW_EVENTS_BROAD',
    path,
    message,
    'name the types that are meant: with: {type: com.example.thing.done}',
  );
}

/** Attributes of events have names of lower-case letters and digits. */
function lintNames(lint: Lint, attributes: Json | undefined, path: string, tell: typeof warn): void {
  if (!isObject(attributes)) return;
  for (const name of Object.keys(attributes)) {
    if (/^[a-z0-9]+$/.test(name) || name === 'data_base64') continue;
    const lower = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    tell(
      lint,
      'PAWL_FLOW_EVENT_ATTRIBUTE',
      path + pointerSegment(name),
      'No event has an attribute of this name: names are lower-case letters and digits.',
      lower === '' ? undefined : `write ${lower}, or put the value into data`,
    );
  }
}
