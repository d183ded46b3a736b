import type { JsonObject } from '@pawl/core';

/** An external resource of the language: where a document is, and how to prove who asks. */
export const resourceInput: JsonObject = {
  type: 'object',
  required: ['endpoint'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    endpoint: {
      anyOf: [
        { type: 'string', minLength: 1 },
        {
          type: 'object',
          required: ['uri'],
          additionalProperties: false,
          properties: { uri: { type: 'string', minLength: 1 }, authentication: { type: 'object' } },
        },
      ],
    },
  },
};
