import type { ActionRequest, JsonObject, Outcome } from '@pawl/core';
import { PawlError } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { EgressFailure } from '../egress/failure.ts';
import { egressOutcome } from '../failures.ts';
import type { BrokerTarget, Outgoing } from './brokers/broker.ts';
import { membersOf } from './channel.ts';
import { connect } from './connect.ts';
import { writeMessage } from './message.ts';
import { credentialsOf } from './target.ts';

/** The message as it leaves: with the effect key, where the step says in what it goes. */
export function outgoingOf({ args, guarantee, key, keyIn }: ActionRequest, contentType: string): Outgoing {
  const message = membersOf(args['message']);
  if (guarantee !== 'keyed' || keyIn === undefined) return writeMessage(message, contentType);
  const place = keyIn.place === 'header' ? 'headers' : keyIn.place === 'body' ? 'payload' : undefined;
  if (place === undefined) throw new PawlError('PAWL_ACTION_INPUT', 'A message has no query that a key could be in.');
  return writeMessage({ ...message, [place]: { ...membersOf(message[place]), [keyIn.name]: key } }, contentType);
}

/** Publishes a message to a broker: completed once that has it. */
export async function publishTo(
  target: BrokerTarget,
  message: Outgoing,
  request: ActionRequest,
  context: ActionContext,
): Promise<Outcome> {
  if (request.guarantee === 'pure')
    throw new PawlError('PAWL_ACTION_INPUT', 'A message that is published changes something: its step cannot be pure.');
  let left = false;
  try {
    const { broker, link } = await connect(target, credentialsOf(request.args), context);
    try {
      await broker.publish(message, () => {
        context.left();
        left = true;
      });
    } finally {
      broker.leave();
      link.socket.destroySoon();
    }
    return { kind: 'completed', output: null };
  } catch (error) {
    if (!(error instanceof EgressFailure)) throw error;
    return egressOutcome(error, request.guarantee, left, `Publishing to ${shown(target)}`);
  }
}

/** What tells whether two requests are the same: where the message goes, and what it is. */
export function frozenForm(target: BrokerTarget, { body, headers }: Outgoing): JsonObject {
  return { method: target.protocol, endpoint: shown(target), headers: { ...headers }, body: body.toString('base64') };
}

/** A target for people. */
export function shown({ protocol, host, port, address }: BrokerTarget): string {
  return `${address} at ${protocol}://${host}:${port}`;
}
