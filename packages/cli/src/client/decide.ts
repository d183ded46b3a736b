import { isObject, PawlError, type Json, type JsonObject } from '@pawl/core';
import type { DecideOptions } from '../commands/decide.ts';
import { print, printJson, table } from '../output.ts';
import { readJson } from '../read-input.ts';
import { callServer, segment } from './api.ts';
import { listAll } from './lists.ts';
import { cell, flowName, time } from './words.ts';

/** Open decisions that one call lists. */
const mostShown = 1_000;

/** Lists what waits for a person. */
export async function listDecisions(options: DecideOptions): Promise<void> {
  if (answers(options)) {
    throw new PawlError('PAWL_USAGE', 'Say which decision you take: pawl decide ID --applied.');
  }
  const list = await listAll('decisions', { assignee: options.assignee }, mostShown);
  if (options.json === true) return printJson(list);
  if (list.items.length === 0) return print('Nothing waits for a decision.');
  const flows = await flowsOf(list.items);
  print(
    table(
      ['decision', 'flow', 'step', 'run', 'asked', 'why'],
      list.items.map((item) => [
        cell(item['id']),
        flows.get(cell(item['run'])) ?? '',
        cell(item['step']),
        cell(item['run']),
        time(item['askedAt']),
        cell(item['reason']),
      ]),
    ),
  );
}

/** Whether the options say an answer, or a part of one. */
export function answers(options: DecideOptions): boolean {
  const { output, data, reason } = options;
  return chosen(options).length > 0 || [output, data, reason].some((one) => one !== undefined);
}

/** Shows one question, with its form. */
export async function showDecision(id: string, options: DecideOptions): Promise<void> {
  const { body } = await callServer(`decisions/${segment(id)}`);
  if (options.json === true) return printJson(body);
  print(table(['', ''], questionRows(body as JsonObject)).trimStart());
}

function questionRows(question: JsonObject): [string, string][] {
  const { ask, decided } = question;
  const head: [string, string][] = [
    ['decision', cell(question['id'])],
    ['flow', flowName(question['flow'])],
    ['step', `${cell(question['name'])} (${cell(question['step'])})`],
    ['run', cell(question['run'])],
    ['asked', time(question['askedAt'])],
    [isObject(ask) ? 'question' : 'why', cell(question['reason'])],
  ];
  const asked = isObject(ask) ? askedRows(ask) : [];
  const answer: [string, string] = isObject(decided)
    ? ['decided', `${JSON.stringify(decided['verdict'])} by ${cell(decided['by'])} at ${time(decided['at'])}`]
    : ['answer', answerLine(cell(question['id']), isObject(ask))];
  return [...head, ...asked, answer].filter(([, text]) => text !== '');
}

function askedRows(ask: JsonObject): [string, string][] {
  const approvals = (ask['approvals'] ?? []) as readonly JsonObject[];
  return [
    ['text', cell(ask['text'])],
    ['asked of', ((ask['to'] ?? []) as readonly string[]).join(', ')],
    ['four eyes', ask['fourEyes'] === true ? 'two different people must approve' : ''],
    ...approvals.map(({ by, at, data }): [string, string] => [
      'approved',
      `by ${cell(by)} at ${time(at)}, with ${JSON.stringify(data)}`,
    ]),
    ['deadline', ask['deadline'] === null ? '' : time(ask['deadline'])],
    ['form', ask['form'] === null ? '' : JSON.stringify(ask['form'])],
  ];
}

/** The command that answers a question: what a step asks, or whether an effect was applied. */
export function answerLine(id: string, asks: boolean): string {
  return `pawl decide ${id} ${asks ? '--approve|--reject' : '--applied|--not-applied|--fail'}`;
}

/** Names of the flows of the questions' runs, by run. */
async function flowsOf(items: readonly JsonObject[]): Promise<Map<string, string>> {
  const flows = new Map<string, string>();
  for (const id of new Set(items.map(({ run }) => cell(run)))) {
    const { body } = await callServer(`runs/${segment(id)}`);
    flows.set(id, flowName((body as JsonObject)['flow']));
  }
  return flows;
}

/** Takes one decision; rejects with PAWL_DECISION_TAKEN when somebody was faster. */
export async function decide(id: string, options: DecideOptions): Promise<void> {
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const body: JsonObject = { ...(await verdictOf(options)), ...reason };
  const answer = await callServer(`decisions/${segment(id)}`, { method: 'POST', body });
  if (options.json === true) return printJson(answer.body);
  const { verdict } = answer.body as JsonObject;
  if (verdict === 'recorded')
    return print(`Your approval of ${id} is recorded; it counts once another person approves the same.`);
  print(
    `The decision ${id} ${answer.status === accepted ? 'will be taken as soon as its worker hears of it' : 'is taken'}.`,
  );
}

const accepted = 202;

const choices = ['applied', 'notApplied', 'fail', 'approve', 'reject'] as const;

function chosen(options: DecideOptions): readonly (typeof choices)[number][] {
  return choices.filter((name) => options[name] === true);
}

async function verdictOf(options: DecideOptions): Promise<Record<string, Json>> {
  const { output, data } = options;
  const [choice, ...more] = chosen(options);
  if (choice === undefined || more.length > 0)
    throw new PawlError(
      'PAWL_USAGE',
      'Give exactly one of --approve and --reject, or of --applied, --not-applied and --fail.',
    );
  if (output !== undefined && choice !== 'applied') throw new PawlError('PAWL_USAGE', '--output goes with --applied.');
  const decides = choice === 'approve' || choice === 'reject';
  if (data !== undefined && !decides) throw new PawlError('PAWL_USAGE', '--data goes with --approve or --reject.');
  if (decides)
    return {
      decision: choice === 'approve' ? 'approved' : 'rejected',
      ...(data === undefined ? {} : { data: await readJson(data, 'data') }),
    };
  if (choice === 'applied')
    return { applied: true, output: output === undefined ? null : await readJson(output, 'output') };
  return choice === 'notApplied' ? { applied: false } : { fail: true };
}
