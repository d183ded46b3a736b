import type { JsonObject } from '@pawl/core';
import { endpointInput } from '../resource/input.ts';

const strings: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };

/** Arguments of `call: http`, as the language has them; URI templates and expressions are expanded before. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['method', 'endpoint'],
  additionalProperties: false,
  properties: {
    method: { type: 'string', pattern: '^[A-Za-z]{1,20}$', description: 'The HTTP method, such as GET or POST.' },
    endpoint: {
      description: 'The URL to call, or the URL with its authentication.',
      ...endpointInput,
    },
    headers: { ...strings, description: 'Headers to send.' },
    query: { ...strings, description: 'Query parameters to add to the URL.' },
    body: { description: 'What to send. JSON unless the header content-type says something else.' },
    output: {
      enum: ['content', 'response', 'raw'],
      description: 'content: the body (default). response: status, headers and body. raw: the body in base64.',
    },
    redirect: { type: 'boolean', description: 'Follow redirects. Default: no, a redirect is an error.' },
  },
};
