import { PawlError, type Json, type JsonObject } from '@pawl/core';
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
  if (options.applied === true || options.notApplied === true || options.fail === true) {
    throw new PawlError('PAWL_USAGE', 'Say which decision you take: pawl decide ID --applied.');
  }
  const list = await listAll('decisions', {}, mostShown);
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
  print(
    `The decision ${id} ${answer.status === accepted ? 'will be taken as soon as its worker hears of it' : 'is taken'}.`,
  );
}

const accepted = 202;

async function verdictOf({ applied, notApplied, fail, output }: DecideOptions): Promise<Record<string, Json>> {
  if ([applied, notApplied, fail].filter(Boolean).length !== 1) {
    throw new PawlError('PAWL_USAGE', 'Give exactly one of --applied, --not-applied and --fail.');
  }
  if (output !== undefined && applied !== true) throw new PawlError('PAWL_USAGE', '--output goes with --applied.');
  if (applied === true)
    return { applied: true, output: output === undefined ? null : await readJson(output, 'output') };
  return notApplied === true ? { applied: false } : { fail: true };
}
