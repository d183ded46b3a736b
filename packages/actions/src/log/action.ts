import type { Log, Outcome } from '@pawl/core';
import { defineAction } from '../action.ts';

/** Writes a line to Pawl's log. */
export const logAction = defineAction({
  name: 'log',
  version: '1.0.0',
  summary: "Writes a line to Pawl's log.",
  input: {
    type: 'object',
    required: ['message'],
    additionalProperties: false,
    properties: {
      level: { enum: ['debug', 'info', 'warn', 'error'], description: 'How important it is. Default: info.' },
      message: { type: 'string', description: 'The text.' },
      data: { description: 'Any value to log with it.' },
    },
  },
  output: { type: 'null' },
  // A line that is written twice harms nobody.
  guarantee: () => 'pure',
  secrets: 'refused',
  run: ({ args, run, step, flow }, { log }): Outcome => {
    const level = (args['level'] ?? 'info') as keyof Log;
    const fields = {
      run,
      step,
      flow: `${flow.namespace}/${flow.name}`,
      ...(args['data'] === undefined ? {} : { data: args['data'] }),
    };
    log[level](fields, String(args['message']));
    return { kind: 'completed', output: null };
  },
});
