import type { JsonObject } from '@pawl/core';
import { print, printJson } from '../output.ts';
import { callServer, segment } from './api.ts';
import { lastSteps } from './open-work.ts';

/** Asks a run to end, and says what it still waits for. Rejects with PAWL_RUN_ENDED when it has ended otherwise. */
export async function cancelRun(
  id: string,
  { reason, json }: { readonly reason: string | undefined; readonly json: boolean },
): Promise<void> {
  const path = `runs/${segment(id)}`;
  const wasCancelled = isCancelled(await runAt(path));
  const body = reason === undefined ? {} : { reason };
  const answer = await callServer(`${path}/cancel`, { method: 'POST', body });
  if (json) return printJson(answer.body);
  if (wasCancelled) return print(`The run ${id} is cancelled already.`);
  if (answer.status === accepted) return print(`The run ${id} will be cancelled as soon as its worker hears of it.`);
  const run = await runAt(path);
  if (isCancelled(run)) return print(`The run ${id} is cancelled.`);
  print([`The run ${id} is being cancelled.`, ...lastSteps(run)].join('\n'));
}

const accepted = 202;

async function runAt(path: string): Promise<JsonObject> {
  return (await callServer(path)).body as JsonObject;
}

function isCancelled({ status }: JsonObject): boolean {
  return status === 'cancelled';
}
