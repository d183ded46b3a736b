import type { ApiStore, InboxMessage, ListPage, RunSummary } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { readFlow, readFlowVersion } from './flows.ts';
import { readAcceptedStart } from './inbox.ts';
import { assertStorable } from './storable.ts';
import { statusLetter, statusOfLetter, waitingOfLetter } from './status-codes.ts';

interface SummaryColumns {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly status: string;
  readonly waiting: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly key: string | null;
}

const summaryColumns = `r.id, f.namespace, f.name, f.version, encode(f.hash, 'hex') as hash, r.status, r.waiting_for as waiting,
  r.started_at as "startedAt", r.ended_at as "endedAt", r.key`;

/** Runs of a workspace, newest first. */
export async function listRuns(
  database: Database,
  options: Parameters<ApiStore['runs']>[0],
): Promise<ListPage<RunSummary>> {
  const limit = pageLimit(options.limit);
  const before = readCursor('runs', options.cursor, ['uuid'])?.[0] ?? null;
  const { sql, values } = filters(options);
  const rows = await database.query<SummaryColumns>(
    `select ${summaryColumns} from pawl.run r join pawl.flow f on f.id = r.flow
       where r.workspace = (select id from pawl.workspace where name = $1) and ($2::uuid is null or r.id < $2::uuid) ${sql}
       order by r.id desc limit $3`,
    [options.workspace, before, limit + 1, ...values],
  );
  const items = rows.slice(0, limit).map(summaryOf);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? writeCursor('runs', [last.id]) : null };
}

/** A summary of a workspace's run; `pending` for a start that was accepted and not yet begun. */
export async function readSummary(database: Database, workspace: string, run: string): Promise<RunSummary | undefined> {
  const begun = await readBegun(database, workspace, run);
  if (begun !== undefined) return begun;
  const accepted = await readAcceptedStart(database, workspace, run);
  // Begun between the two reads: its message is gone, its head is there.
  if (accepted === undefined) return readBegun(database, workspace, run);
  const flow = await readWanted(database, accepted.message);
  if (flow === undefined) return undefined;
  return {
    id: run,
    flow,
    status: 'pending',
    waitingFor: null,
    startedAt: accepted.at,
    endedAt: null,
    key: accepted.message.key?.key ?? null,
  };
}

/** The flow version of a start. One by name is found when the run begins: until then, what its name means now. */
async function readWanted(
  database: Database,
  { workspace, flow: hash, named }: Extract<InboxMessage, { kind: 'start' }>,
): Promise<RunSummary['flow'] | undefined> {
  const { version: wanted = 'latest', ...name } = named ?? { namespace: '', name: '' };
  const flow =
    named === undefined
      ? await readFlow(database, hash)
      : await readFlowVersion(database, workspace, name.namespace, name.name, wanted === 'latest' ? undefined : wanted);
  if (flow !== undefined) return { namespace: flow.namespace, name: flow.name, version: flow.version, hash: flow.hash };
  return named === undefined ? undefined : { ...name, version: wanted, hash: '' };
}

async function readBegun(database: Database, workspace: string, run: string): Promise<RunSummary | undefined> {
  const [row] = await database.query<SummaryColumns>(
    `select ${summaryColumns} from pawl.run r join pawl.flow f on f.id = r.flow join pawl.workspace w on w.id = r.workspace
       where r.partition = $1 and r.id = $2 and w.name = $3`,
    [partitionOf(run), run, workspace],
  );
  return row === undefined ? undefined : summaryOf(row);
}

function filters(options: Parameters<ApiStore['runs']>[0]): { sql: string; values: unknown[] } {
  const parts: string[] = [];
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value) + 3}`;
  if (options.status === 'faulted') parts.push('and r.faulted');
  else if (options.status !== undefined) parts.push(`and r.status = ${parameter(statusLetter(options.status))}`);
  if (options.flow !== undefined) {
    const { namespace, name } = options.flow;
    assertStorable(namespace + name, 'The name of the flow');
    parts.push(`and f.namespace = ${parameter(namespace)} and f.name = ${parameter(name)}`);
  }
  return { sql: parts.join(' '), values };
}

function summaryOf(row: SummaryColumns): RunSummary {
  const { namespace, name, version, hash } = row;
  return {
    id: row.id,
    flow: { namespace, name, version, hash },
    status: statusOfLetter(row.status),
    waitingFor: waitingOfLetter(row.waiting),
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    key: row.key,
  };
}
