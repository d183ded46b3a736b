import type { ActionRequest, Json, Outcome } from '@pawl/core';
import { durationMs, ensureError, parseDuration, PawlError } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { EgressFailure } from '../egress/failure.ts';
import { egressOutcome } from '../failures.ts';
import type { BrokerTarget } from './brokers/broker.ts';
import { membersOf } from './channel.ts';
import { Collector } from './collector.ts';
import { connect } from './connect.ts';
import type { Connected } from './connect.ts';
import { shown } from './publish.ts';
import { credentialsOf } from './target.ts';

/**
 * Takes messages until the subscription has what it asks for, or its time is over. Only then are they acknowledged, which
 * is the one thing that changes anything: until it begins, whatever goes wrong leaves all messages where they were.
 */
export async function subscribeTo(
  target: BrokerTarget,
  contentType: string,
  request: ActionRequest,
  context: ActionContext,
): Promise<Outcome> {
  const { for: time, amount } = membersOf(membersOf(request.args['subscription'])['consume']);
  const collector = new Collector({
    amount: typeof amount === 'number' ? amount : undefined,
    rules: request.rules,
    contentType,
  });
  const limit = time === undefined ? undefined : timeOf(time);
  let left = false;
  try {
    const connected = await connect(target, credentialsOf(request.args), context);
    const { broker, link } = connected;
    try {
      await collect(connected, collector, limit);
      if (broker.acknowledge !== undefined && collector.taken.length > 0) {
        context.left();
        if (context.cancellation.cancelled) return { kind: 'cancelled' };
        left = true;
        await broker.acknowledge(collector.taken);
      }
    } finally {
      broker.leave();
      link.socket.destroySoon();
    }
    return { kind: 'completed', output: collector.messages };
  } catch (error) {
    if (!(error instanceof EgressFailure)) throw error;
    return egressOutcome(error, request.guarantee, left, `The subscription to ${shown(target)}`);
  }
}

async function collect({ broker, link }: Connected, collector: Collector, limit: number | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve, reject) => {
    const offer = (): Promise<void> =>
      broker.subscribe((message) => {
        try {
          collector.offer(message);
          if (collector.done) resolve();
        } catch (error) {
          reject(ensureError(error));
        }
      });
    offer().then(() => {
      if (limit !== undefined) timer = setTimeout(resolve, Math.min(limit, longestTimer));
    }, reject);
  });
  try {
    await link.within(enough);
  } finally {
    clearTimeout(timer);
  }
}

function timeOf(value: Json): number {
  const duration = parseDuration(value);
  if (duration !== undefined) return durationMs(duration);
  const said = JSON.stringify(value);
  throw new PawlError('PAWL_ACTION_INPUT', `subscription.consume.for is no duration: ${said.slice(0, 100)}.`);
}

/** The longest that a timer of Node waits (ms). */
const longestTimer = 2 ** 31 - 1;
