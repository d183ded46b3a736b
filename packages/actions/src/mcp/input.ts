import type { JsonObject } from '@pawl/core';
import { endpointInput } from '../resource/input.ts';
import { commonInput } from '../run/arguments.ts';

const texts: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };

const mcpMethods = [
  ...['tools/list', 'tools/call', 'prompts/list', 'prompts/get'],
  ...['resources/list', 'resources/read', 'resources/templates/list'],
] as const;

/** Arguments of `call: mcp`, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['method', 'transport'],
  additionalProperties: false,
  properties: {
    method: { enum: [...mcpMethods], description: 'What is asked of the server.' },
    parameters: { type: 'object', description: "The method's parameters, such as the name and arguments of a tool." },
    transport: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      description: 'How the server is reached: http, or stdio for a program of this machine.',
      properties: {
        http: {
          type: 'object',
          required: ['endpoint'],
          additionalProperties: false,
          properties: { endpoint: endpointInput, headers: texts },
        },
        stdio: {
          type: 'object',
          required: ['command'],
          additionalProperties: false,
          properties: {
            command: { type: 'string', minLength: 1 },
            arguments: { ...commonInput.arguments, items: { type: 'string' } },
            environment: { ...texts, ...commonInput.environment },
          },
        },
      },
    },
    protocolVersion: { type: 'string', minLength: 1, description: 'Default: 2025-06-18.' },
    client: {
      type: 'object',
      required: ['name', 'version'],
      properties: { name: { type: 'string' }, version: { type: 'string' } },
      description: 'The name and version that the server is told. Default: Pawl.',
    },
    timeout: {
      type: ['string', 'object'],
      description: 'How long to wait for the server. Default: as long as the attempt.',
    },
  },
};
