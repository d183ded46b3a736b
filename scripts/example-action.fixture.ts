import type { Outcome } from '@pawl/core';
import { defineAction } from '../packages/actions/src/action.ts';
import { answerOutcome } from '../packages/actions/src/http/answer.ts';

// The example of CONTRIBUTING.md, which has it word for word from here on.

/** Posts a message to a chat room, by the room's incoming webhook. */
export const postAction = defineAction({
  name: 'chat.post',
  version: '1.0.0',
  summary: 'Posts a message to a chat room.',
  input: {
    type: 'object',
    required: ['webhook', 'text'],
    additionalProperties: false,
    properties: {
      webhook: { type: 'string', description: 'The address that the chat gave for the room.' },
      text: { type: 'string', minLength: 1, description: 'The message.' },
    },
  },
  output: { type: 'null' },
  // Two posts are two messages, and the chat cannot tell.
  guarantee: () => 'once',
  run: async ({ args, guarantee, attempt }, { egress, cancellation, left }): Promise<Outcome> => {
    const webhook = String(args['webhook']);
    const answer = await egress.request({
      method: 'POST',
      url: webhook,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: args['text'] }),
      cancellation,
      follow: false,
      fresh: true,
      onLeft: left,
    });
    const judged = { guarantee, attempt, answer, redirect: false, doing: 'chat.post', secrets: [webhook] };
    return answerOutcome({ ...judged, output: () => null });
  },
});
