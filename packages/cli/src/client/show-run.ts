import type { Json, JsonObject } from '@pawl/core';
import { print, printJson, table } from '../output.ts';
import { callServer, type ListPage, segment } from './api.ts';
import { eventText } from './event-text.ts';
import { openRows } from './open-work.ts';
import { cell, flowName, statusText, time } from './words.ts';

/** Events at the end of the journal that are shown to people. */
const shownEvents = 20;

/** Shows a run for a person, as JSON, or by its journal. */
export async function showRun(
  id: string,
  options: { readonly journal?: boolean; readonly json?: boolean },
): Promise<void> {
  if (options.journal === true) {
    for await (const event of journalOf(id)) printJson(event);
    return;
  }
  const run = (await callServer(`runs/${segment(id)}`)).body as JsonObject;
  if (options.json === true) return printJson(run);
  let last: JsonObject[] = [];
  const reasons = new Map<string, string>();
  for await (const event of journalOf(id)) {
    last = [...last, event].slice(-shownEvents);
    if (event['type'] === 'decision.asked') reasons.set(cell(event['id']), cell(event['reason']));
  }
  print(table(['', ''], [...summaryOf(run), ...openRows(run, reasons)]).trimStart());
  print();
  print(
    table(
      ['seq', 'at', 'event', 'step', 'attempt', 'what'],
      last.map((event) => [
        cell(event['seq']),
        time(event['at']),
        cell(event['type']),
        stepOf(event),
        cell(event['attempt']),
        clipped(eventText(event)),
      ]),
    ),
  );
}

function summaryOf(run: JsonObject): string[][] {
  const rows: [string, string][] = [
    ['run', cell(run['id'])],
    ['flow', flowName(run['flow'])],
    ['status', statusText(run)],
    [
      'set aside',
      run['quarantined'] === true ? `deciding it failed; \`pawl resume ${cell(run['id'])}\` tries again` : '',
    ],
    ['parent', cell(run['parent'])],
    ['started', time(run['startedAt'])],
    ['ended', time(run['endedAt'])],
    ['key', cell(run['key'])],
    ['input', short(run['input'])],
    ['output', short(run['output'])],
    ['error', errorText(run['error'])],
  ];
  return rows.filter(([, value]) => value !== '');
}

const longestValue = 300;

function short(value: Json | undefined): string {
  return cell(clipped(value === undefined || value === null ? '' : JSON.stringify(value)));
}

function clipped(text: string): string {
  return text.length > longestValue
    ? `${text.slice(0, longestValue)}… (${text.length} characters; --json shows all)`
    : text;
}

function errorText(error: Json | undefined): string {
  const { title, detail, instance } = (error ?? {}) as JsonObject;
  return [title, detail, instance === undefined ? undefined : `at ${cell(instance)}`]
    .map(cell)
    .filter(Boolean)
    .join(': ');
}

/** Name of an event's step with its place in loops. */
function stepOf(event: JsonObject): string {
  const iteration = event['iteration'] === undefined ? '' : ` [${cell(event['iteration'])}]`;
  return `${cell(event['name'])}${iteration}`;
}

/** All events of a run, page after page. */
async function* journalOf(id: string): AsyncGenerator<JsonObject> {
  let cursor: string | undefined;
  do {
    const page = (await callServer(`runs/${segment(id)}/journal`, { query: { cursor } })).body as unknown as ListPage;
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
