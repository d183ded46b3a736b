import { createHash } from 'node:crypto';
import type { ApiStore, AuditEntry, InboxMessage, InboxRow, StartAnswer } from '@pawl/core';
import { partitionOf, PawlError } from '@pawl/core';
import { appendCall } from './audit.ts';
import { type Database, pollTimeoutMs } from './database.ts';
import { messageKey } from './message-key.ts';
import type { Names } from './names.ts';
import { assertStorable } from './storable.ts';

/** How long an Idempotency-Key is remembered (ms): seven days. */
const requestRetentionMs = 604_800_000;
/** Longest id of a message (characters). */
const longestId = 255;

/** Messages of these partitions that are not held yet, in order of acceptance. */
export async function readInbox(
  database: Database,
  partitions: readonly number[],
  held: ReadonlySet<string>,
  limit: number,
): Promise<InboxRow[]> {
  // Along the order of acceptance from its very beginning, never after the last number read: a number that was given
  // earlier may become visible later.
  const rows = await database.query<{ partition: number; id: string; run: string; at: number; message: string }>(
    `select i.partition, i.id, i.run, i.at, i.message from pawl.inbox i
       where i.partition = any ($1::smallint[]) and i.id <> all ($2::text[])
         -- What came for a run that was set aside waits until that is taken back; its start is not lost either way.
         and (i.key = i.run or not exists (select from pawl.quarantine q where q.partition = i.partition and q.run = i.run))
       order by i.n limit $3`,
    [partitions, [...held], limit],
    pollTimeoutMs,
  );
  return rows.map((row) => ({ ...row, message: JSON.parse(row.message) as InboxMessage }));
}

/** Accepts a start; see `ApiStore.start`. */
export async function acceptStart(
  database: Database,
  names: Names,
  start: Parameters<ApiStore['start']>[0],
): Promise<StartAnswer> {
  const { run, at, message, request } = start;
  const { key } = message;
  if (key !== null) assertStorable(key.key, 'The start key');
  await names.learn([message.workspace], [message.flow]);
  const requestHash = request === undefined ? null : sha256([request.scope, request.key]);
  const [row] = await database.query<StartAnswer>(
    `select s.run, s.replayed, s.mismatch from pawl.start($1, $2, $3, $4, decode($5, 'hex'), decode($6, 'hex'),
       $7, decode($8, 'hex'), decode($9, 'hex'), $10) s`,
    [
      partitionOf(run),
      run,
      at,
      storedJson(message),
      key?.keyHash ?? null,
      key?.fingerprint ?? null,
      requestHash === null ? null : partitionOf(requestHash),
      requestHash,
      request?.fingerprint ?? null,
      at + requestRetentionMs,
    ],
  );
  if (row === undefined) throw new PawlError('PAWL_INTERNAL', 'a start was not answered');
  return row;
}

/** Accepts a message to a run of a workspace that exists, or whose start was accepted; a repeat of its id is ignored. */
export async function acceptMessage(
  database: Database,
  workspace: string,
  row: InboxRow,
  entry?: AuditEntry,
): Promise<boolean> {
  assertStorable(row.id, 'The id of the message');
  if (row.id.length > longestId)
    throw new PawlError('PAWL_REQUEST_INVALID', `The id of a message has at most ${longestId} characters.`);
  // A start's message says its workspace in a text that only we can read: JSON of the database refuses some of it.
  const isAccepted = async () => (await readAcceptedStart(database, workspace, row.run)) !== undefined;
  const insert = (begins: boolean): Promise<boolean> => insertMessage(database, { workspace, row, begins, entry });
  if (await insert(false)) return true;
  // Begun between the two looks, it is found by another one.
  return insert(await isAccepted());
}

interface Insertion {
  readonly workspace: string;
  readonly row: InboxRow;
  readonly begins: boolean;
  readonly entry: AuditEntry | undefined;
}

/** Inserts a message if its run exists in the workspace or (`begins`) is known by a start that was accepted. */
async function insertMessage(database: Database, { workspace, row, begins, entry }: Insertion): Promise<boolean> {
  const values: unknown[] = [row.partition, row.id, row.run, row.at, storedJson(row.message), messageKey(row.id)];
  values.push(workspace, begins);
  const audit = entry === undefined ? '' : `, (select ${appendCall(values, entry)} from accepted) as audit`;
  const [answer] = await database.query<{ known: boolean }>(
    `with target as (
       select exists (select from pawl.run r join pawl.workspace w on w.id = r.workspace
           where r.partition = $1 and r.id = $3 and w.name = $7)
         or ($8 and exists (select from pawl.inbox i where i.partition = $1 and i.key = $3)) as known
     ), accepted as (
       insert into pawl.inbox (partition, id, run, at, message, key)
         select $1, $2, $3, $4, $5, $6 from target where known
         on conflict do nothing returning id
     )
     select known${audit} from target`,
    values,
  );
  return answer?.known === true;
}

/** A start of a workspace that was accepted and not yet begun. */
export async function readAcceptedStart(
  database: Database,
  workspace: string,
  run: string,
): Promise<{ at: number; message: Extract<InboxMessage, { kind: 'start' }> } | undefined> {
  const [row] = await database.query<{ at: number; message: string }>(
    'select at, message from pawl.inbox where partition = $1 and key = $2',
    [partitionOf(run), run],
  );
  if (row === undefined) return undefined;
  const message = JSON.parse(row.message) as Extract<InboxMessage, { kind: 'start' }>;
  return message.workspace === workspace ? { at: row.at, message } : undefined;
}

function sha256(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** JSON text; JSON.stringify escapes what could not be stored raw. */
function storedJson(value: unknown): string {
  return JSON.stringify(value);
}
