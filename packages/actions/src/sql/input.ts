import type { JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';

/** The argument that names a connection. */
export const connectionInput: JsonObject = { type: 'string', minLength: 1, description: 'The name of a connection.' };

/** The arguments of a statement. */
export const statementInput: JsonObject = {
  sql: {
    type: 'string',
    minLength: 1,
    maxLength: actionLimits.sqlText,
    description: 'One SQL statement; values stand in it as $1, $2, …',
  },
  params: { type: 'array', description: 'The values of $1, $2, …' },
};

/** The target whose limits and health a call shares: its connection. */
export function targetOf(args: JsonObject): string {
  return `postgres:${typeof args['connection'] === 'string' ? args['connection'] : ''}`;
}
