import { createHash } from 'node:crypto';
import { canonicalJson, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import { DatabaseError } from 'pg';
import type { ActionContext } from '../action.ts';
import { terminal } from '../failures.ts';
import { SqlStale } from './database.ts';
import type { Database, Runs, Session } from './database.ts';
import { quoteName } from './identifiers.ts';
import { sqlOutcome } from './outcome.ts';

/**
 * Does `work` and records that it was done, under the effect's key, in one transaction of the target. The row with the
 * key is inserted first: a rival with the same key waits for it, and then finds the result. So the effect is applied
 * once, however often and from wherever it is sent.
 */
export async function runTransactional(
  request: ActionRequest,
  context: ActionContext,
  runs: Runs,
  work: (session: Session) => Promise<Json>,
): Promise<Outcome> {
  const name = String(request.args['connection']);
  const doing = `${request.action} on the connection ${name}`;
  let left = false;
  try {
    const database = await context.databases.get(name, context.flow);
    return await database.use(context.cancellation, runs, async (session) => {
      const table = (database.effectTable ??= await ensureTable(session, database));
      await session.run('begin isolation level read committed');
      const known = await claim(session, request, context.given, { database, table });
      if (known !== undefined) {
        await session.run('rollback');
        return known;
      }
      const output = await work(session);
      await session.run(`update ${table} set result = $2 where key = $1`, [request.key, JSON.stringify(output)]);
      if (!session.inTransaction)
        throw new PawlError('PAWL_ACTION_INPUT', 'The statement ended the transaction of the step.');
      // Until COMMIT is sent nothing can be applied: whatever breaks before it rolls back.
      context.left();
      left = true;
      const { command } = await session.run('commit');
      if (command !== 'COMMIT')
        throw new PawlError('PAWL_INTERNAL', 'The database rolled the step back instead of committing it.');
      return { kind: 'completed', output };
    });
  } catch (error) {
    return sqlOutcome(error, { guarantee: request.guarantee, left, doing });
  }
}

/** Inserts the effect row; an outcome when the effect was applied before. */
async function claim(
  session: Session,
  request: ActionRequest,
  given: JsonObject,
  { database, table }: { readonly database: Database; readonly table: string },
): Promise<Outcome | undefined> {
  const hash = createHash('sha256')
    .update(canonicalJson([request.action, given]))
    .digest('hex');
  const inserted = await session
    .run(`insert into ${table} (key, hash) values ($1, $2) on conflict (key) do nothing`, [request.key, hash])
    .catch((error: unknown) => {
      if (!(error instanceof DatabaseError) || error.code !== '42P01') throw error;
      database.effectTable = undefined;
      throw new SqlStale('the table pawl_effect was dropped', { cause: error });
    });
  if (inserted.rowCount === 1) return undefined;
  // A statement of its own: the one above does not see the row of a rival that it waited for.
  const { rows } = await session.run(`select hash, result from ${table} where key = $1`, [request.key]);
  const [row] = rows;
  if (row === undefined) throw new Error('the effect row was deleted while its key was claimed');
  if (row['hash'] !== hash) {
    return terminal(
      'validation',
      `The key ${request.key} was used in this database for another request. A key names one effect; use another key for other data. Nothing was changed.`,
      { status: 409 },
    );
  }
  return { kind: 'completed', output: JSON.parse(String(row['result'])) as Json, already: true };
}

const createTable =
  'create table if not exists pawl_effect (key text primary key, hash text not null, result text, at timestamptz not null default now())';

/** The table of effect rows on the search path, which is that of a new session here; never a temporary one. */
const findTable = `select n.nspname as schema from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relname = 'pawl_effect' and c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname = any(current_schemas(false))
  order by array_position(current_schemas(false), n.nspname) limit 1`;

/**
 * The table of effect rows, made where it is missing, as SQL names it. With its schema: what a statement of a flow makes
 * under the same name cannot take its place.
 */
async function ensureTable(session: Session, database: Database): Promise<string> {
  const found = await tableOf(session);
  if (found !== undefined) return found;
  await makeTable(session, database);
  const made = await tableOf(session);
  if (made !== undefined) return made;
  throw new PawlError(
    'PAWL_FORBIDDEN',
    'The table pawl_effect, in which Pawl records what it has done, was not kept.',
    {
      hint: `The search path of the user ${database.connection.user} must begin with a schema that is not temporary.`,
    },
  );
}

async function tableOf(session: Session): Promise<string | undefined> {
  const { rows } = await session.run(findTable);
  const schema = rows[0]?.['schema'];
  return schema === undefined ? undefined : `${quoteName(String(schema))}.pawl_effect`;
}

/** Two who make it at once: one of them is told, and finds it made. */
async function makeTable(session: Session, database: Database): Promise<void> {
  await session.run(createTable).catch((error: unknown) => {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code === '42501') {
      throw new PawlError(
        'PAWL_FORBIDDEN',
        `The user ${database.connection.user} may not make the table pawl_effect, in which Pawl records what it has done.`,
        {
          hint: `Have an administrator run: ${createTable}; grant select, insert, update on it to ${database.connection.user}.`,
        },
      );
    }
    if (error.code !== '23505' && error.code !== '42P07') throw error;
  });
}
