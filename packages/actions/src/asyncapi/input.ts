import type { JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';
import { resourceInput } from '../resource/input.ts';

/** Arguments of `call: asyncapi`, as the language has them. */
export const inputSchema: JsonObject = {
  type: 'object',
  required: ['document'],
  allOf: [
    { oneOf: [{ required: ['operation'] }, { required: ['channel'] }] },
    { oneOf: [{ required: ['message'] }, { required: ['subscription'] }] },
  ],
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
    subscription: {
      type: 'object',
      required: ['consume'],
      additionalProperties: false,
      properties: {
        filter: { type: 'string', description: 'Which messages are taken: an expression on each.' },
        consume: {
          type: 'object',
          additionalProperties: false,
          properties: {
            for: { type: ['string', 'object'], description: 'For how long messages are taken.' },
            amount: {
              type: 'integer',
              minimum: 1,
              maximum: actionLimits.subscriptionMessages,
              description: 'How many messages are taken.',
            },
            while: { type: 'string', description: 'Goes on while this holds of the array of messages taken so far.' },
            until: { type: 'string', description: 'Goes on until this holds of the array of messages taken so far.' },
          },
          description: 'For how long messages are taken.',
        },
        foreach: { type: 'object', description: 'What is done with each message.' },
      },
      description: 'Which messages are waited for.',
    },
    authentication: { type: 'object', description: 'How to prove to the server who publishes.' },
  },
};
