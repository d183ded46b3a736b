import { type Json, type JsonObject, PawlError } from '@pawl/core';
import { print, printJson, table } from '../output.ts';
import { callServer, segment } from './api.ts';
import { listAll } from './lists.ts';
import { cell, flowName, time } from './words.ts';

/** Lists what starts flows by itself. */
export async function showSchedules({
  limit,
  json,
}: {
  readonly limit: number;
  readonly json?: boolean;
}): Promise<void> {
  const list = await listAll('schedules', {}, limit);
  if (json === true) return printJson(list);
  if (list.items.length === 0) return print('No flow has a schedule. Publish one that does with: pawl deploy FILE');
  const rows = list.items.map((one) => [flowName(one), ruleText(one['schedule']), nextText(one)]);
  print(table(['flow', 'starts', 'next'], rows));
}

/** Pauses or resumes the schedule of a flow. */
export async function changeSchedule(
  what: 'pause' | 'resume',
  flow: string | undefined,
  { reason, json }: { readonly reason?: string; readonly json?: boolean },
): Promise<void> {
  const [namespace = '', name = '', ...more] = flow?.split('/') ?? [];
  if (namespace === '' || name === '' || more.length > 0)
    throw new PawlError('PAWL_USAGE', `Say which schedule to ${what}: its flow, as namespace/name.`);
  const path = `schedules/${segment(namespace)}/${segment(name)}/${what}`;
  const { body } = await callServer(path, { method: 'POST', body: reason === undefined ? {} : { reason } });
  if (json === true) return printJson(body);
  const next = nextText(body as JsonObject);
  print(
    what === 'pause'
      ? `The schedule of ${namespace}/${name} is paused: it starts no run until \`pawl schedules resume ${namespace}/${name}\`.`
      : `The schedule of ${namespace}/${name} goes on; next: ${next}.`,
  );
}

/** When a schedule starts a run next, or what it waits for. */
export function nextText({ next, paused, run, schedule }: JsonObject): string {
  if (paused === true) return 'paused';
  if (next !== null && next !== undefined) return time(next);
  if (run !== null && run !== undefined) return `after run ${cell(run)}`;
  return ruleOf(schedule) === 'on' ? 'at events' : '';
}

/** What the flow says of its starts, on a line. */
function ruleText(schedule: Json | undefined): string {
  const rule = ruleOf(schedule);
  return rule === undefined ? '' : `${rule} ${cell((schedule as JsonObject)[rule])}`;
}

function ruleOf(schedule: Json | undefined): string | undefined {
  return Object.keys((schedule ?? {}) as JsonObject).find((key) => ['every', 'cron', 'after', 'on'].includes(key));
}
