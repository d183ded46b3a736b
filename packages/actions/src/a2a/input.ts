import type { JsonObject } from '@pawl/core';
import { endpointInput, resourceInput } from '../resource/input.ts';

/** Arguments of `call: a2a`, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['method'],
  anyOf: [{ required: ['server'] }, { required: ['agentCard'] }],
  additionalProperties: false,
  properties: {
    method: {
      enum: [
        ...['message/send', 'message/stream', 'tasks/get', 'tasks/list', 'tasks/cancel', 'tasks/resubscribe'],
        ...['set', 'get', 'list', 'delete'].map((verb) => `tasks/pushNotificationConfig/${verb}`),
        'agent/getAuthenticatedExtendedCard',
      ],
      description: 'What the agent is asked for.',
    },
    parameters: { type: 'object', description: "The method's parameters, such as the message." },
    server: { ...endpointInput, description: 'Where the agent is; before what its card says.' },
    agentCard: { ...resourceInput, description: 'The card that says where the agent is.' },
  },
};
