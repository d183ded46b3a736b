import type { JsonObject } from '@pawl/core';
import { resourceInput } from '../resource/input.ts';

/** Arguments of `call: grpc`, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['proto', 'service', 'method'],
  additionalProperties: false,
  properties: {
    proto: { ...resourceInput, description: 'The interface definition (.proto): its address.' },
    service: {
      type: 'object',
      required: ['name', 'host'],
      additionalProperties: false,
      description: 'The service: its name in the definition, and where it is. Default of the port: 443.',
      properties: {
        name: { type: 'string', minLength: 1 },
        host: { type: 'string', minLength: 1 },
        port: { type: 'integer', minimum: 1, maximum: 65_535 },
        authentication: { type: 'object' },
      },
    },
    method: { type: 'string', minLength: 1, description: 'The method of the service.' },
    arguments: { type: 'object', description: 'The message that the method takes, as JSON.' },
  },
};
