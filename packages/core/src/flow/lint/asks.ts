import { checkAnswer, compileForm } from '../answer.ts';
import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { isAsk, isConstant } from '../ask.ts';
import { durationMs, parseDuration } from '../duration.ts';
import { member } from '../member.ts';
import { limitedTasks } from './events.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

const code = 'PAWL_FLOW_ACTION_INPUT';

/** Questions to people: forms that are no schemas, durations that are none, and waits without an end. */
export function lintAsks(lint: Lint): void {
  const limited = limitedTasks(lint);
  for (const site of lint.sites.tasks) {
    if (site.kind !== 'call' || !isAsk(lint.document, site.task['call'])) continue;
    const args = site.task['with'];
    const given: JsonObject = isObject(args) ? args : {};
    if (given['deadline'] === undefined && !limited(site)) endless(lint, site);
    lintForm(lint, site, given);
    lintTimes(lint, site, given);
  }
}

function endless(lint: Lint, { path }: TaskSite): void {
  warn(
    lint,
    'PAWL_FLOW_WAIT_ENDLESS',
    `${path}/with`,
    'Nothing but the deadline of the run (30 days) ends this wait where nobody decides.',
    'add deadline: P1D, and say with onDeadline what it means',
  );
}

function lintForm(lint: Lint, { path }: TaskSite, { form, onDeadline }: JsonObject): void {
  if (isObject(form) && isConstant(form)) {
    const compiled = compileForm(form);
    if (typeof compiled === 'string')
      return refuse(lint, code, `${path}/with/form`, `The form is no valid JSON Schema: ${compiled}`);
  }
  const value = member(onDeadline, 'value');
  if (value === undefined || !isConstant(value) || (form !== undefined && !isConstant(form))) return;
  const asked = { terms: isObject(form) ? { form } : {}, approvals: [] };
  const check = checkAnswer(asked, { decision: 'approved', data: value }, '');
  if (!check.ok) refuse(lint, code, `${path}/with/onDeadline/value`, check.message);
}

function lintTimes(lint: Lint, { path }: TaskSite, given: JsonObject): void {
  const at = `${path}/with`;
  const { deadline, remind, escalate, onDeadline, fourEyes } = given;
  const after = member(escalate, 'after');
  const all = [
    ['deadline', deadline],
    ['remind', remind],
    ['escalate/after', after],
  ] as const;
  for (const [name, value] of all) {
    if (value === undefined || !isConstant(value) || parseDuration(value) !== undefined) continue;
    refuse(lint, code, `${at}/${name}`, 'This is no duration.', 'write PT8H, or {hours: 8}');
  }
  if (onDeadline !== undefined && deadline === undefined)
    warn(lint, code, `${at}/onDeadline`, 'Without a deadline, this never happens.', 'add deadline: PT8H');
  const end = lengthOf(deadline);
  for (const [name, value] of [all[1], all[2]]) {
    const length = lengthOf(value);
    if (end !== undefined && length !== undefined && length >= end)
      warn(lint, code, `${at}/${name}`, 'The deadline comes first, so this never happens.', 'make it shorter');
  }
  if (fourEyes === true && member(onDeadline, 'value') !== undefined)
    warn(
      lint,
      code,
      `${at}/onDeadline`,
      'Two people must approve, and yet it is approved when the deadline passes and nobody has.',
      'write onDeadline: fail, or reject',
    );
}

function lengthOf(value: Json | undefined): number | undefined {
  const parsed = value === undefined ? undefined : parseDuration(value);
  return parsed === undefined ? undefined : durationMs(parsed);
}
