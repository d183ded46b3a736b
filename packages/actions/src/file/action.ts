import type { Json, Outcome } from '@pawl/core';
import { defineAction } from '../action.ts';
import type { formats } from './reader.ts';

/** Makes a dataset of a file, to be read page by page in a `for`. */
export const readFileAction = defineAction({
  name: 'file.read',
  version: '1.0.0',
  summary: 'Opens a CSV, JSON or JSON Lines file as a dataset, read page by page.',
  input: {
    type: 'object',
    required: ['path', 'format'],
    additionalProperties: false,
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        maxLength: 4096,
        description: 'The file, below one of the folders that Pawl may read.',
      },
      format: {
        enum: ['csv', 'json', 'jsonl'],
        description: 'csv: columns named by the first line. json: one array. jsonl: a value a line.',
      },
      schema: { type: ['object', 'boolean'], description: 'A JSON Schema that every row must match.' },
    },
  },
  output: { type: 'object', required: ['dataset'], properties: { dataset: { type: 'object' } } },
  guarantee: () => 'pure',
  target: () => 'files',
  run: async ({ args }, { files }): Promise<Outcome> => {
    const dataset = await files.dataset(String(args['path']), args['format'] as keyof typeof formats, args['schema']);
    const output: Json = { dataset };
    return { kind: 'completed', output };
  },
});
