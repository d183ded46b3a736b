import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import { defineAction } from '../action.ts';
import type { ActionContext } from '../action.ts';
import { actionLimits } from '../limits.ts';
import { connectionInput, statementInput, targetOf } from './input.ts';
import { sqlOutcome } from './outcome.ts';
import { requireStatement } from './statement.ts';

/** Reads rows. */
export const queryAction = defineAction({
  name: 'sql.query',
  version: '1.0.0',
  summary: 'Reads rows from a PostgreSQL database, in a transaction that can change nothing.',
  input: {
    type: 'object',
    required: ['connection', 'sql'],
    additionalProperties: false,
    properties: { connection: connectionInput, ...statementInput },
  },
  secrets: 'bound',
  output: { type: 'array', items: { type: 'object' } },
  guarantee: () => 'pure',
  concurrency: actionLimits.sqlConnections,
  target: targetOf,
  run: queryRows,
});

async function queryRows({ args, guarantee }: ActionRequest, context: ActionContext): Promise<Outcome> {
  const name = String(args['connection']);
  const doing = `sql.query on the connection ${name}`;
  let left = false;
  try {
    const sql = String(args['sql']);
    requireStatement(sql);
    const database = await context.databases.get(name, context.flow);
    const rows = await database.use(context.cancellation, 'sql of the flow', async (session) => {
      await session.run('begin read only');
      context.left();
      left = true;
      const found = await session.rows(sql, paramsOf(args), {
        rows: actionLimits.sqlRows,
        characters: actionLimits.sqlCharacters,
      });
      // Not commit: a rollback also takes back settings that a function of the query changed.
      await session.run('rollback');
      return found;
    });
    return { kind: 'completed', output: rows };
  } catch (error) {
    return sqlOutcome(error, { guarantee, left, doing });
  }
}

/** The parameters as the driver takes them: a list stays a list (a PostgreSQL array), an object becomes JSON. */
export function paramsOf(args: JsonObject): readonly Json[] {
  return (args['params'] as readonly Json[] | undefined) ?? [];
}
