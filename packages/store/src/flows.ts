import type { ApiStore, FlowVersion, ListPage } from '@pawl/core';
import { appendCall } from './audit.ts';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { assertStorable, isSha256, isStorable } from './storable.ts';
import { versionOrder } from './version-order.ts';

const flowColumns = `encode(f.hash, 'hex') as hash, f.namespace, f.name, f.version, f.document, f.source, f.created_at as "createdAt"`;

/** Publishes a version; see `ApiStore.deploy`. */
export async function deployFlow(
  database: Database,
  flow: FlowVersion,
  options: Parameters<ApiStore['deploy']>[1],
): Promise<'created' | 'unchanged' | 'exists'> {
  assertStorable(flow.namespace + flow.name + flow.version, 'The name or version of the flow');
  assertStorable(flow.document, 'The flow document');
  assertStorable(flow.source, 'The source of the flow');
  const { workspace, named, entry } = options;
  const values: unknown[] = [workspace, named, flow.hash, flow.namespace, flow.name, flow.version];
  values.push(versionOrder(flow.version), flow.document, flow.source, flow.createdAt);
  const audit =
    entry === undefined ? '' : `, case when answer = 'created' then ${appendCall(values, entry)} end as audit`;
  const [row] = await database.query<{ answer: 'created' | 'unchanged' | 'exists' }>(
    `with act as materialized (select pawl.deploy($1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8, $9, $10) as answer)
     select answer${audit} from act`,
    values,
  );
  return row?.answer ?? 'unchanged';
}

/** Named versions of a workspace by namespace and name, the newest of each first. */
export async function listFlows(
  database: Database,
  options: Parameters<ApiStore['flows']>[0],
): Promise<ListPage<FlowVersion>> {
  const limit = pageLimit(options.limit);
  const after = readCursor('flows', options.cursor, ['string', 'string', 'string']);
  const rows = await database.query<FlowVersion & { order: string }>(
    `select ${flowColumns}, n.version_order as order from pawl.flow_name n join pawl.flow f on f.id = n.flow
       where n.workspace = (select id from pawl.workspace where name = $1)
         and ($2::text is null or (n.namespace, n.name) > ($2, $3)
           or (n.namespace = $2 and n.name = $3 and n.version_order < $4))
       order by n.namespace, n.name, n.version_order desc limit $5`,
    [options.workspace, after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, limit + 1],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(({ order: _, ...flow }) => flow);
  return { items, next: last === undefined ? null : writeCursor('flows', [last.namespace, last.name, last.order]) };
}

/** A named version, or the newest. */
export async function readFlowVersion(
  database: Database,
  workspace: string,
  namespace: string,
  name: string,
  version: string | undefined,
): Promise<FlowVersion | undefined> {
  if (!isStorable(workspace + namespace + name + (version ?? ''))) return undefined;
  const [flow] = await database.query<FlowVersion>(
    `select ${flowColumns} from pawl.flow_name n join pawl.flow f on f.id = n.flow
       where n.workspace = (select id from pawl.workspace where name = $1) and n.namespace = $2 and n.name = $3
         and ($4::text is null or n.version = $4)
       order by n.version_order desc limit 1`,
    [workspace, namespace, name, version ?? null],
  );
  return flow;
}

/** The version of a hash, named or not. */
export async function readFlow(database: Database, hash: string): Promise<FlowVersion | undefined> {
  if (!isSha256(hash)) return undefined;
  const [flow] = await database.query<FlowVersion>(
    `select ${flowColumns} from pawl.flow f where f.hash = decode($1, 'hex')`,
    [hash],
  );
  return flow;
}
