import type { EventRow, Json, JsonObject } from '@pawl/core';
import { eventRow, PawlError } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { type EventProblem, readCloudEvent } from './cloud-event.ts';

/** Events of one call. */
const longestBatch = 1_000;
/** Bytes of one event as JSON text. */
const eventBytes = 1_048_576;
/** Problems that are told at once. */
const shownProblems = 20;

/** An event that is on disk; `isNew` false: its source and id were known, and nothing was changed. */
export interface AcceptedEvent {
  readonly source: string;
  readonly id: string;
  readonly isNew: boolean;
}

/**
 * Accepts CloudEvents in their JSON form, all or none: once this resolves they are on disk. Throws PAWL_EVENT_INVALID with
 * the places of all that is wrong, and PAWL_TOO_LARGE.
 */
export async function acceptEvents(context: EngineContext, values: readonly Json[]): Promise<readonly AcceptedEvent[]> {
  if (values.length > longestBatch)
    throw new PawlError(
      'PAWL_TOO_LARGE',
      `A batch has at most ${longestBatch} events; this one has ${values.length}.`,
      {
        hint: 'Send them in several batches. Events that come twice do no harm.',
      },
    );
  const { api, clock, workspace, hash, worker } = context;
  const at = clock.now();
  const rows = readAll(values).map((event) => eventRow(event, at, { workspace, hash }));
  for (const [i, row] of rows.entries()) checkSize(i, row);
  if (rows.length === 0) return [];
  const fresh = await api.acceptEvents(rows);
  worker()?.wake();
  return rows.map(({ source, id }, i) => ({ source, id, isNew: fresh[i] === true }));
}

function readAll(values: readonly Json[]): readonly JsonObject[] {
  const events: JsonObject[] = [];
  const problems: (EventProblem & { readonly event: number })[] = [];
  for (const [i, value] of values.entries()) {
    const read = readCloudEvent(value);
    if ('event' in read) events.push(read.event);
    else for (const problem of read.problems) problems.push({ event: i, ...problem });
  }
  if (problems.length === 0) return events;
  const shown = problems.slice(0, shownProblems);
  const detail = shown.map(({ event, attribute, message }) => {
    const what = attribute === '' ? 'it' : `\`${attribute}\``;
    return values.length === 1 ? `${what} ${message}` : `event ${event}: ${what} ${message}`;
  });
  const rest = problems.length > shown.length ? ` and ${problems.length - shown.length} more problems` : '';
  throw new PawlError('PAWL_EVENT_INVALID', `${sentence(detail.join('; '))}${rest}. No event was accepted.`, {
    extra: { problems: shown.map((problem) => ({ ...problem })) },
  });
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function checkSize(event: number, { body }: EventRow): void {
  const bytes = Buffer.byteLength(body);
  if (bytes <= eventBytes) return;
  throw new PawlError(
    'PAWL_TOO_LARGE',
    `Event ${event} has ${bytes} bytes; an event has at most ${eventBytes}. No event was accepted.`,
    { extra: { event } },
  );
}
