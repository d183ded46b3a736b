import { PawlError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { isObject } from '../../json.ts';
import { parseCron } from '../../schedule/spec.ts';
import { parseDuration } from '../duration.ts';
import { member } from '../member.ts';
import { pawlOf } from '../contract-read.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';

const triggers = ['every', 'cron', 'after', 'on'];

/** `schedule` and what the flow's contract says of it: one trigger, and one that can be met. */
export function lintSchedule(lint: Lint): void {
  const { document } = lint;
  const { schedule } = document;
  const pawl = pawlOf(document['document'] as JsonObject);
  const contract = isObject(pawl) && isObject(pawl['schedule']) ? pawl['schedule'] : undefined;
  if (!isObject(schedule)) {
    if (contract !== undefined)
      warn(
        lint,
        'PAWL_FLOW_CONTRACT_PLACE',
        '/document/metadata/pawl/schedule',
        'The flow has no schedule, so this has no effect.',
        'add schedule: {cron: "0 6 * * *"} beside `do`',
      );
    return;
  }
  lintTrigger(lint, schedule);
  for (const name of ['every', 'after']) lintInterval(lint, schedule, name);
  const zone = contract?.['zone'];
  if (typeof schedule['cron'] === 'string') lintCron(lint, schedule['cron'], typeof zone === 'string' ? zone : 'UTC');
  else if (zone !== undefined)
    warn(
      lint,
      'PAWL_FLOW_CONTRACT_PLACE',
      '/document/metadata/pawl/schedule/zone',
      'Only a cron expression has a time zone, so this has no effect.',
    );
}

function lintTrigger(lint: Lint, schedule: JsonObject): void {
  const found = triggers.filter((trigger) => schedule[trigger] !== undefined);
  if (found.length === 1) return;
  const message =
    found.length === 0
      ? 'The schedule does not say when.'
      : `The schedule says ${found.join(' and ')}; it takes exactly one of them.`;
  refuse(lint, 'PAWL_FLOW_SCHEDULE', '/schedule', message, `use one of ${triggers.join(', ')}`);
}

function lintInterval(lint: Lint, schedule: JsonObject, name: string): void {
  const value = member(schedule, name);
  if (value === undefined) return;
  const duration = parseDuration(value);
  if (duration !== undefined && (duration.ms >= 1 || duration.months > 0)) return;
  refuse(
    lint,
    'PAWL_FLOW_SCHEDULE',
    `/schedule/${name}`,
    `"${name}" must be a constant duration above zero: there is no input yet that an expression could read.`,
    'write PT15M for 15 minutes',
  );
}

function lintCron(lint: Lint, pattern: string, zone: string): void {
  try {
    parseCron(pattern, zone);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    refuse(
      lint,
      'PAWL_FLOW_SCHEDULE',
      '/schedule/cron',
      error.message,
      'write minute, hour, day, month and weekday: "30 6 * * MON-FRI" is half past six on working days',
    );
  }
}
