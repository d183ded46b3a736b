import pg from 'pg';

/** How often rows of a watched table were written. */
export interface RowWrites {
  /** Rows that are in the table. */
  readonly rows: number;
  /** Different natural keys among them. */
  readonly keys: number;
  /** Rows that committed statements inserted, replaced or removed since the watch began. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

/** Anything that runs SQL: a client or pool of `pg`. */
export interface Queryable {
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

const identifier = pg.escapeIdentifier;

/**
 * Counts every write to a table by a trigger, in the writer's transaction, so that a page applied twice shows although
 * an upsert leaves no double row. To be called before the first write; a second call does nothing.
 */
export async function watchTable(database: Queryable, table: string): Promise<void> {
  const log = identifier(`${table}_writes`);
  const name = identifier(`count_${table}_writes`);
  await database.query(`create table if not exists ${log} (what text not null, rows bigint not null)`);
  await database.query(
    `create or replace function ${name}() returns trigger language plpgsql as $$
     begin
       insert into ${log} select tg_op, count(*) from changed having count(*) > 0;
       return null;
     end $$`,
  );
  for (const [operation, rows] of [
    ['insert', 'new'],
    ['update', 'new'],
    ['delete', 'old'],
  ]) {
    await database.query(
      `create or replace trigger ${identifier(`${table}_${operation}`)} after ${operation} on ${identifier(table)}
       referencing ${rows} table as changed for each statement execute function ${name}()`,
    );
  }
}

/** What was written to a watched table. */
export async function rowWrites(database: Queryable, table: string, key: readonly string[]): Promise<RowWrites> {
  const columns = key.map(identifier).join(', ');
  const { rows: found } = await database.query(
    `select (select count(*) from ${identifier(table)})::float8 as rows,
       (select count(*) from (select distinct ${columns} from ${identifier(table)}) k)::float8 as keys`,
  );
  const { rows: writes } = await database.query(
    `select what, sum(rows)::float8 as rows from ${identifier(`${table}_writes`)} group by what`,
  );
  const of = (what: string): number => Number(writes.find((row) => row['what'] === what)?.['rows'] ?? 0);
  return {
    rows: Number(found[0]?.['rows']),
    keys: Number(found[0]?.['keys']),
    inserts: of('INSERT'),
    updates: of('UPDATE'),
    deletes: of('DELETE'),
  };
}

/** Effect rows of Pawl's transactional steps: how many there are, and how many keys they bear. */
export async function effectRows(database: Queryable): Promise<{ readonly rows: number; readonly keys: number }> {
  const { rows } = await database.query(
    'select count(*)::float8 as rows, count(distinct key)::float8 as keys from pawl_effect',
  );
  return { rows: Number(rows[0]?.['rows']), keys: Number(rows[0]?.['keys']) };
}
