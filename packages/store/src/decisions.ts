import type { ApiStore, AskedRow, DecisionRow, Json, ListPage } from '@pawl/core';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { isStorable } from './storable.ts';

interface DecisionColumns {
  readonly partition: number;
  readonly run: string;
  readonly id: string;
  readonly step: string;
  readonly askedAt: number;
  readonly reason: string;
  readonly at: number | null;
  readonly by: string;
  readonly verdict: string;
  readonly message: string;
  readonly asked: string | null;
}

const decisionColumns = `d.partition, d.run, d.id, d.step, d.asked_at as "askedAt", d.reason, d.decided_at as at, d.decided_by as by,
  d.verdict, d.message, d.asked`;

/** Questions of a workspace, open or decided, the oldest first. */
export async function listDecisions(
  database: Database,
  options: Parameters<ApiStore['decisions']>[0],
): Promise<ListPage<DecisionRow>> {
  const limit = pageLimit(options.limit);
  const { assignee } = options;
  if (assignee !== undefined && !isStorable(assignee)) return { items: [], next: null };
  const after = readCursor('decisions', options.cursor, ['number', 'string']);
  const rows = await database.query<DecisionColumns>(
    `select ${decisionColumns} from pawl.decision d
       where d.workspace = (select id from pawl.workspace where name = $1) and d.decided_at is ${options.open ? '' : 'not'} null
         and ($5::text is null or d.assignees @> array[$5::text])
         and ($2::bigint is null or (d.asked_at, d.id) > ($2, $3))
       order by d.asked_at, d.id limit $4`,
    [options.workspace, after?.[0] ?? null, after?.[1] ?? null, limit + 1, assignee ?? null],
  );
  const items = rows.slice(0, limit).map(decisionOf);
  const last = items.at(-1);
  return {
    items,
    next: rows.length > limit && last !== undefined ? writeCursor('decisions', [last.askedAt, last.id]) : null,
  };
}

/** A question of a workspace by its id. */
export async function readDecision(
  database: Database,
  workspace: string,
  id: string,
): Promise<DecisionRow | undefined> {
  if (!isStorable(id)) return undefined;
  const [row] = await database.query<DecisionColumns>(
    `select ${decisionColumns} from pawl.decision d
       where d.id = $1 and d.workspace = (select id from pawl.workspace where name = $2) limit 1`,
    [id, workspace],
  );
  return row === undefined ? undefined : decisionOf(row);
}

function decisionOf({
  partition,
  run,
  id,
  step,
  askedAt,
  reason,
  at,
  by,
  verdict,
  message,
  asked,
}: DecisionColumns): DecisionRow {
  const decided = at === null ? null : { at, by, verdict: JSON.parse(verdict) as Json, message };
  const ask = asked === null ? {} : { ask: JSON.parse(asked) as AskedRow };
  return { partition, run, id, step, askedAt, reason, ...ask, decided };
}
