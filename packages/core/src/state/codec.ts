import { PawlError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { Hash, JournalRow, PayloadRow, SnapshotRow } from '../ports.ts';
import { apply, emptyState } from './apply.ts';
import type { RunEvent } from './events.ts';
import { journalFormat } from './events.ts';
import type { Frame, RunState } from './state.ts';

/** Members of events that may be large. A large one is stored once beside the journal; `NAME$` then holds its sha-256. */
const valueMembers = [
  ...(['input', 'in', 'arg', 'items', 'dataset', 'out', 'raw', 'ctx', 'verdict'] as const),
  ...(['event', 'value', 'end', 'terms', 'ask', 'data'] as const),
];

/** Where a row belongs. */
export interface RowPlace {
  readonly partition: number;
  readonly run: string;
  /** Number of the first event. */
  readonly from: number;
}

/** The events of one run in one commit as a journal row, and the large values in them. */
export function encodeRow(
  events: readonly RunEvent[],
  place: RowPlace,
  hash: Hash,
): { row: JournalRow; payloads: PayloadRow[] } {
  let body = JSON.stringify(events);
  const payloads: PayloadRow[] = [];
  if (body.length > limits.inlineValue) {
    const lifted = events.map((event) => liftValues(event, place, hash, payloads));
    if (payloads.length > 0) body = JSON.stringify(lifted);
  }
  const row = {
    partition: place.partition,
    run: place.run,
    from: place.from,
    to: place.from + events.length - 1,
    format: journalFormat,
    body,
    checksum: hash.crc32(body),
  };
  return { row, payloads };
}

/** The events of a row. `payload` finds a large value's text by its sha-256. Throws PAWL_RUN_QUARANTINED on a damaged row. */
export function decodeRow(row: JournalRow, hash: Hash, payload: (sha256: string) => string | undefined): RunEvent[] {
  const events = parseChecked(row, hash) as unknown as (RunEvent & JsonObject)[];
  if (!row.body.includes('$":"')) return events;
  return events.map((event) => {
    const filled: Record<string, Json> = { ...event };
    for (const member of valueMembers) {
      const sha = event[`${member}$`];
      if (typeof sha !== 'string') continue;
      const text = payload(sha);
      if (text === undefined || hash.sha256(text) !== sha) throw damaged(row, `the value ${sha} is missing or damaged`);
      delete filled[`${member}$`];
      filled[member] = JSON.parse(text) as Json;
    }
    return filled as unknown as RunEvent;
  });
}

/** The sha-256 of each large value that a row refers to. */
export function payloadsOf(row: JournalRow): string[] {
  if (!row.body.includes('$":"')) return [];
  const found: string[] = [];
  for (const event of JSON.parse(row.body) as JsonObject[]) {
    for (const member of valueMembers) {
      const sha = event[`${member}$`];
      if (typeof sha === 'string') found.push(sha);
    }
  }
  return found;
}

/** The state as plain JSON: equal states give equal text. */
export function stateToJson(state: RunState): Json {
  return { ...state, frames: [...state.frames.values()] } as unknown as Json;
}

/** The state of such JSON. */
export function stateFromJson(json: Json): RunState {
  const plain = json as unknown as Omit<RunState, 'frames'> & { frames: Frame[] };
  return { ...plain, frames: new Map(plain.frames.map((frame) => [frame.id, frame])) };
}

/** A snapshot of the state at its last event. */
export function encodeSnapshot(state: RunState, place: { partition: number }, hash: Hash): SnapshotRow {
  const body = JSON.stringify(stateToJson(state));
  return {
    partition: place.partition,
    run: state.id,
    seq: state.seq,
    format: journalFormat,
    body,
    checksum: hash.crc32(body),
  };
}

/** The state of a snapshot. Throws PAWL_RUN_QUARANTINED on a damaged one. */
export function decodeSnapshot(row: SnapshotRow, hash: Hash): RunState {
  return stateFromJson(parseChecked(row, hash));
}

/** Folds rows onto a state (a snapshot's, or an empty one). Throws PAWL_RUN_QUARANTINED where a row is missing or damaged. */
export function foldRows(
  run: string,
  base: RunState | undefined,
  rows: readonly JournalRow[],
  hash: Hash,
  payload: (sha256: string) => string | undefined,
): RunState {
  const state = base ?? emptyState(run);
  for (const row of rows) {
    if (row.to <= state.seq) continue;
    if (row.from !== state.seq + 1) throw damaged(row, `event ${state.seq + 1} is missing`);
    for (const event of decodeRow(row, hash, payload)) apply(state, event);
    if (state.seq !== row.to) throw damaged(row, `the row says it ends at event ${row.to}, but ends at ${state.seq}`);
  }
  return state;
}

function liftValues(event: RunEvent, place: RowPlace, hash: Hash, payloads: PayloadRow[]): JsonObject {
  const lifted: Record<string, Json> = { ...(event as unknown as JsonObject) };
  for (const member of valueMembers) {
    const value = lifted[member];
    if (value === undefined || value === null || typeof value !== 'object') {
      if (typeof value !== 'string' || value.length <= limits.inlineValue) continue;
    }
    const body = JSON.stringify(value);
    if (body.length <= limits.inlineValue) continue;
    const sha256 = hash.sha256(body);
    delete lifted[member];
    lifted[`${member}$`] = sha256;
    if (!payloads.some((other) => other.sha256 === sha256))
      payloads.push({ partition: place.partition, run: place.run, sha256, body });
  }
  return lifted;
}

function parseChecked(row: JournalRow | SnapshotRow, hash: Hash): Json {
  if (row.format > journalFormat) throw damaged(row, `it has format ${row.format}, which this version does not know`);
  if (hash.crc32(row.body) !== row.checksum) throw damaged(row, 'its checksum does not match');
  return JSON.parse(row.body) as Json;
}

function damaged(row: JournalRow | SnapshotRow, what: string): PawlError {
  const where = 'seq' in row ? `snapshot at event ${row.seq}` : `journal row from event ${row.from}`;
  return new PawlError('PAWL_RUN_QUARANTINED', `The ${where} of run ${row.run} cannot be used: ${what}.`);
}
