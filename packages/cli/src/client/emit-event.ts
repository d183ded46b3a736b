import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@pawl/core';
import { print, printJson } from '../output.ts';
import { readJson } from '../read-input.ts';
import { callServer } from './api.ts';

/** Sends a CloudEvent to the server. */
export async function emitEvent(
  type: string,
  options: {
    readonly source: string;
    readonly id?: string;
    readonly subject?: string;
    readonly data?: string;
    readonly json?: boolean;
  },
): Promise<void> {
  const { source, id = randomUUID(), subject, data, json } = options;
  const event: JsonObject = {
    ...{ specversion: '1.0', id, source, type, time: new Date().toISOString() },
    ...(subject === undefined ? {} : { subject }),
    ...(data === undefined ? {} : { datacontenttype: 'application/json', data: await readJson(data, 'data') }),
  };
  const { body } = await callServer('events', { method: 'POST', body: event });
  if (json === true) return printJson(body);
  const isNew = (body as JsonObject)['accepted'] === 1;
  print(
    isNew ? `The event ${id} was accepted.` : `The event ${id} of ${source} was accepted before; nothing was changed.`,
  );
}
