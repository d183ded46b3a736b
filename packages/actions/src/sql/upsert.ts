import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject } from '@pawl/core';
import { defineAction } from '../action.ts';
import { actionLimits } from '../limits.ts';
import type { Session } from './database.ts';
import { runTransactional } from './effect.ts';
import { quoteName, quoteTable } from './identifiers.ts';
import { connectionInput, targetOf } from './input.ts';

/** Inserts or updates rows by a key, once. */
export const upsertAction = defineAction({
  name: 'sql.upsert',
  version: '1.0.0',
  summary:
    'Inserts rows into a PostgreSQL table, or updates those whose key is there; they and the record that it was done are one transaction.',
  input: {
    type: 'object',
    required: ['connection', 'table', 'key', 'rows'],
    additionalProperties: false,
    properties: {
      connection: connectionInput,
      table: { type: 'string', minLength: 1, description: 'The table, or schema.table.' },
      key: {
        type: 'array',
        minItems: 1,
        maxItems: 32,
        items: { type: 'string' },
        description: 'The columns of a unique index that tell rows apart.',
      },
      rows: {
        type: 'array',
        maxItems: actionLimits.upsertRows,
        items: { type: 'object' },
        description: 'The rows, all with the same columns. Of rows with the same key the last one counts.',
      },
    },
  },
  secrets: 'bound',
  output: {
    type: 'object',
    required: ['rowCount', 'duplicates'],
    properties: {
      rowCount: { type: 'integer', description: 'Rows inserted or updated.' },
      duplicates: { type: 'integer', description: 'Rows passed over since a later one has their key.' },
    },
  },
  guarantee: () => 'transactional',
  concurrency: actionLimits.sqlConnections,
  target: targetOf,
  run: (request, context) =>
    runTransactional(request, context, 'sql of pawl', (session) => upsertRows(request, session)),
});

async function upsertRows({ args }: ActionRequest, session: Session): Promise<Json> {
  const rows = args['rows'] as readonly JsonObject[];
  if (rows.length === 0) return { rowCount: 0, duplicates: 0 };
  const key = args['key'] as readonly string[];
  const columns = columnsOf(rows, key);
  const result = await session.run(statementOf(String(args['table']), columns, key), [JSON.stringify(rows)]);
  const rowCount = result.rowCount ?? 0;
  return { rowCount, duplicates: rows.length - rowCount };
}

/** The columns of the rows; throws PAWL_ACTION_INPUT when they differ, or when a key is missing or empty. */
function columnsOf(rows: readonly JsonObject[], key: readonly string[]): readonly string[] {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length > actionLimits.upsertColumns)
    throw new PawlError('PAWL_ACTION_INPUT', `The rows have more than ${actionLimits.upsertColumns} columns.`);
  for (const [index, row] of rows.entries()) {
    if (!isObject(row)) throw new PawlError('PAWL_ACTION_INPUT', `Row ${index + 1} is not an object.`);
    const missing = columns.find((name) => !Object.hasOwn(row, name));
    if (missing !== undefined || Object.keys(row).length !== columns.length) {
      const extra = Object.keys(row).find((name) => !columns.includes(name));
      throw new PawlError(
        'PAWL_ACTION_INPUT',
        `Row ${index + 1} has other columns than row 1: ${missing === undefined ? `${extra ?? ''} is not in row 1` : `${missing} is missing`}.`,
      );
    }
    const empty = key.find((name) => (row[name] ?? null) === null);
    if (empty !== undefined)
      throw new PawlError('PAWL_ACTION_INPUT', `Row ${index + 1} has no value for the key column ${empty}.`);
  }
  return columns;
}

/**
 * One statement for all rows, which travel as one JSON parameter and take the types of the table's columns, by name. Of
 * rows with the same key the last one counts, by the equality of the database. They are written in the order of the key,
 * so that two pages with rows in common wait for each other instead of deadlocking.
 */
function statementOf(tableName: string, columns: readonly string[], key: readonly string[]): string {
  const table = quoteTable(tableName);
  const quoted = columns.map(quoteName);
  const others = quoted.filter((_, index) => !key.includes(columns[index] ?? ''));
  // Updating a key column to itself when there is nothing else: "do nothing" would not count the row.
  const updates = (others.length === 0 ? quoted.slice(0, 1) : others).map((name) => `${name} = excluded.${name}`);
  const values = quoted.map((name) => `r.${name}`);
  const keys = key.map((name) => `r.${quoteName(name)}`);
  return `insert into ${table} (${quoted.join(', ')})
    select distinct on (${keys.join(', ')}) ${values.join(', ')}
    from json_array_elements($1::json) with ordinality as each (item, place), json_populate_record(null::${table}, each.item) as r
    order by ${keys.join(', ')}, each.place desc
    on conflict (${key.map(quoteName).join(', ')}) do update set ${updates.join(', ')}`;
}
