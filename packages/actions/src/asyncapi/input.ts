import type { JsonObject } from '@pawl/core';
import { resourceInput } from '../resource/input.ts';

/** Arguments of `call: asyncapi` that publishes, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['document', 'message'],
  oneOf: [{ required: ['operation'] }, { required: ['channel'] }],
  additionalProperties: false,
  properties: {
    document: { ...resourceInput, description: 'The AsyncAPI document: its address, perhaps with authentication.' },
    operation: { type: 'string', minLength: 1, description: 'The operation; in AsyncAPI 2 its operationId.' },
    channel: { type: 'string', minLength: 1, description: 'The channel, by its name.' },
    server: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: { name: { type: 'string', minLength: 1 }, variables: { type: 'object' } },
      description: 'The server, and values of its variables. Default: the first that fits.',
    },
    protocol: { type: 'string', minLength: 1, description: 'The protocol that the server is to speak.' },
    message: {
      type: 'object',
      additionalProperties: false,
      properties: { payload: {}, headers: { type: 'object' } },
      description: 'What is published.',
    },
    authentication: { type: 'object', description: 'How to prove to the server who publishes.' },
  },
};
