import { newRunId } from '@pawl/core';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a run id was made with this entropy, at whatever time. */
export function isMadeWith(run: string, entropy: string): boolean {
  const partition = Number.parseInt(run.slice(-2), 16);
  return newRunId(0, partition, entropy).slice(14) === run.slice(14);
}

/** Whether a text can be a run's id. */
export function isRunId(text: string): boolean {
  return uuid.test(text);
}
