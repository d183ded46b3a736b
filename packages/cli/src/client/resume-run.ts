import { print, printJson } from '../output.ts';
import { callServer, segment } from './api.ts';

/** Lets a run go on that was set aside. Rejects with PAWL_RUN_NOT_SET_ASIDE where it was not. */
export async function resumeRun(
  id: string,
  { reason, json }: { readonly reason: string | undefined; readonly json: boolean },
): Promise<void> {
  const body = reason === undefined ? {} : { reason };
  const answer = await callServer(`runs/${segment(id)}/resume`, { method: 'POST', body });
  if (json) return printJson(answer.body);
  print(`The run ${id} goes on. If deciding it fails again, it is set aside again; \`pawl show ${id}\` tells.`);
}
