import type { JsonObject } from '@pawl/core';
import { resourceInput } from '../resource/input.ts';

/** Arguments of `call: openapi`, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['document', 'operationId'],
  additionalProperties: false,
  properties: {
    document: { ...resourceInput, description: 'The OpenAPI document: its address, perhaps with authentication.' },
    operationId: { type: 'string', minLength: 1, description: 'The operation, by its operationId.' },
    parameters: { type: 'object', description: 'Values by name; `body` is the body.' },
    authentication: { type: 'object', description: 'How to prove to the API who calls.' },
    output: {
      enum: ['content', 'response', 'raw'],
      description: 'content: the body (default). response: status, headers and body. raw: the body in base64.',
    },
    redirect: { type: 'boolean', description: 'Follow redirects. Default: no, a redirect is an error.' },
  },
};
