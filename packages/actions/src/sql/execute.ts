import { defineAction } from '../action.ts';
import { actionLimits } from '../limits.ts';
import { runTransactional } from './effect.ts';
import { connectionInput, statementInput, targetOf } from './input.ts';
import { paramsOf } from './query.ts';
import { requireStatement } from './statement.ts';

/** Runs a statement that changes data, once. */
export const executeAction = defineAction({
  name: 'sql.execute',
  version: '1.0.0',
  summary:
    'Runs one statement that changes data in a PostgreSQL database; it and the record that it was done are one transaction.',
  input: {
    type: 'object',
    required: ['connection', 'sql'],
    additionalProperties: false,
    properties: { connection: connectionInput, ...statementInput },
  },
  secrets: 'bound',
  output: { type: 'object', required: ['rowCount'], properties: { rowCount: { type: 'integer' } } },
  guarantee: () => 'transactional',
  concurrency: actionLimits.sqlConnections,
  target: targetOf,
  run: (request, context) =>
    runTransactional(request, context, 'sql of the flow', async (session) => {
      const sql = String(request.args['sql']);
      requireStatement(sql);
      const result = await session.run(sql, paramsOf(request.args));
      return { rowCount: result.rowCount ?? 0 };
    }),
});
