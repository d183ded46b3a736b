import type { JsonObject } from '@pawl/core';

/** An endpoint of the language: an address, or an address with how to prove who calls. */
export const endpointInput: JsonObject = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      required: ['uri'],
      additionalProperties: false,
      properties: { uri: { type: 'string', minLength: 1 }, authentication: { type: 'object' } },
    },
  ],
};

/** An external resource of the language: where a document is, and how to prove who asks. */
export const resourceInput: JsonObject = {
  type: 'object',
  required: ['endpoint'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    endpoint: endpointInput,
  },
};
