import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import type { ActionRequest } from '../ports.ts';
import { limits } from '../limits.ts';
import type { Outcome } from '../outcome.ts';
import { play, reload } from './play.fixture.ts';
import type { Play } from './play.fixture.ts';

const messages: readonly Json[] = [{ payload: { n: 1 } }, { payload: { n: 2 } }, { payload: { n: 3 } }];
const answer = (request: ActionRequest): Outcome => ({
  kind: 'completed',
  output: request.action === 'asyncapi' ? messages : request.args,
});

function subscribe(subscription: string, more = '', options: Play = {}) {
  const document = 'document: {endpoint: "https://x"}, channel: c';
  return play(`do: [{a: {call: asyncapi, with: {${document}, subscription: ${subscription}}${more}}}]`, {
    answer,
    ...options,
  });
}

describe('a subscription', () => {
  it('gives the array of messages that its action has collected', () => {
    const run = subscribe('{consume: {amount: 3, for: "${ .wait }"}}', '', { input: { wait: 'PT5S' } });
    expect(run.state.output).toEqual(messages);
    expect(run.requests[0]?.args).toMatchObject({ subscription: { consume: { amount: 3, for: 'PT5S' } } });
  });

  it('asks its expressions of each message, not of what it is sent with', () => {
    const consume = 'while: "${ length < $input.most }"';
    const filter = '${ .payload.n > $input.above }';
    const { requests } = subscribe(`{filter: "${filter}", consume: {${consume}}}`, '', {
      input: { above: 1, most: 2 },
    });
    const [request] = requests;
    expect(request?.args['subscription']).toEqual({ consume: {} });
    expect(messages.map((message) => request?.rules?.wants(message))).toEqual([false, true, true]);
    expect([1, 2].map((count) => request?.rules?.enough(messages.slice(0, count)))).toEqual([false, true]);
  });

  it('ends once until holds, and takes no message on which its filter fails', () => {
    const { requests } = subscribe(
      '{filter: "${ .payload.n / 1 > 0 }", consume: {until: "${ .[-1].payload.n == 2 }"}}',
    );
    const rules = requests[0]?.rules;
    expect([1, 2].map((count) => rules?.enough(messages.slice(0, count)))).toEqual([false, true]);
    expect(rules?.wants({ payload: { n: 'x' } })).toBe(false);
    expect(rules?.enough([{ payload: 1 }])).toMatchObject({ error: { status: 400 } });
  });

  it('may take as long as it asks for, and an hour at least', () => {
    const due = (consume: string, more = '') => {
      const [started] = subscribe(`{consume: {${consume}}}`, more).events.flatMap((event) =>
        event.type === 'task.started' && event.intent !== undefined ? [event.intent.due - event.at] : [],
      );
      return started;
    };
    expect(due('amount: 1')).toBe(limits.subscriptionAttempt);
    expect(due('amount: 1, for: PT2H')).toBe(2 * 3_600_000 + limits.attemptTimeout);
    expect(due('amount: 1', ', timeout: {after: PT1M}')).toBe(60_000);
    expect(due('amount: 1', ', metadata: {pawl: {attempts: {timeout: PT2M}}}')).toBe(120_000);
  });
});

describe('a subscription with foreach', () => {
  const consume = 'consume: {amount: 3}';

  it('runs its tasks for each message in order, and gives what they gave', () => {
    const run = subscribe(
      `{${consume}, foreach: {item: m, at: i, do: [{b: {set: {sum: "\${ $m.payload.n + $i }"}}}]}}`,
    );
    expect(run.state.output).toEqual([{ sum: 1 }, { sum: 3 }, { sum: 5 }]);
    expect(run.events.filter(({ type }) => type === 'iteration.ended')).toHaveLength(3);
  });

  it('begins the tasks with the message, and shapes and exports what they gave', () => {
    const foreach = `{do: [{b: {set: "\${ .payload }"}}], output: {as: "\${ .n + $input.plus }"}, export: {as: "\${ ($context // 0) + . }"}}`;
    const run = subscribe(`{${consume}, foreach: ${foreach}}`, ', output: {as: "${ {all: ., sum: $context} }"}', {
      input: { plus: 10 },
    });
    expect(run.state.output).toEqual({ all: [11, 12, 13], sum: 36 });
  });

  it('gives the messages where there are no tasks, and nothing where none came', () => {
    expect(subscribe(`{${consume}, foreach: {}}`).state.output).toEqual(messages);
    const none = { answer: (): Outcome => ({ kind: 'completed', output: [] }) };
    expect(subscribe(`{${consume}, foreach: {do: [{b: {set: 1}}]}}`, '', none).state.output).toEqual([]);
  });

  it('takes the messages once, and goes on with the one it was at when it is loaded again', () => {
    let loaded = 0;
    const run = subscribe(
      `{${consume}, foreach: {item: m, do: [{w: {wait: PT1M}}, {b: {call: pure, with: {n: "\${ $m.payload.n }"}}}]}}`,
      '',
      {
        interfere: (now) => {
          reload(now);
          loaded += 1;
          return undefined;
        },
      },
    );
    expect(run.state.output).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(run.requests.map(({ action }) => action)).toEqual(['asyncapi', 'pure', 'pure', 'pure']);
    expect(loaded).toBeGreaterThan(6);
  });

  it('does not take its messages again where a retry comes by, but handles them anew', () => {
    const failing = `foreach: {item: m, do: [{b: {call: once, with: {n: "\${ $m.payload.n }"}}}]}`;
    const call = `{call: asyncapi, with: {document: {endpoint: "https://x"}, channel: c, subscription: {${consume}, ${failing}}}}`;
    let failures = 0;
    const run = play(`do: [{t: {try: [{a: ${call}}], catch: {retry: {limit: {attempt: {count: 2}}}}}}]`, {
      answer: (request) => {
        if (request.args['n'] !== 2 || failures > 0) return answer(request);
        failures += 1;
        return { kind: 'terminal', error: { type: 'https://e', status: 500 } };
      },
    });
    expect(run.state.output).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(run.requests.map(({ action, args }) => (action === 'once' ? args['n'] : action))).toEqual([
      ...['asyncapi', 1, 2],
      ...[2, 3],
    ]);
  });

  it('listens to no event', () => {
    const run = subscribe(`{${consume}, foreach: {do: [{w: {wait: PT1M}}]}}`);
    expect(run.events.some(({ type }) => type === 'event.taken' || type === 'event.returned')).toBe(false);
  });

  it('is caught and timed out as one task, and is skipped as one', () => {
    const failing = `{${consume}, foreach: {do: [{b: {raise: {error: {type: "https://e", status: 500}}}}]}}`;
    const within = (task: string) =>
      play(`do: [{t: {try: [{a: ${task}}], catch: {do: [{c: {set: "\${ $error.instance // $error.status }"}}]}}}]`, {
        answer,
      }).state.output;
    const args = `{document: {endpoint: "https://x"}, channel: c, subscription: `;
    expect(within(`{call: asyncapi, with: ${args}${failing}}}`)).toBe(
      '/do/0/t/try/0/a/with/subscription/foreach/do/0/b',
    );
    const slow = `{${consume}, foreach: {do: [{b: {wait: PT1H}}]}}`;
    expect(within(`{call: asyncapi, timeout: {after: PT1M}, with: ${args}${slow}}}`)).toBe('/do/0/t/try/0/a');
    expect(subscribe(failing, ', if: "${ false }"', { input: 5 }).state.output).toBe(5);
  });

  it('is a call to the extensions of calls', () => {
    const run = play(
      `use: {extensions: [{log: {extend: call, before: [{note: {call: pure, with: {said: "\${ $task.name }"}}}]}}]}
do: [{a: {call: asyncapi, with: {document: {endpoint: "https://x"}, channel: c, subscription: {${consume}, foreach: {}}}}}]`,
      { answer },
    );
    expect(run.requests.map(({ action }) => action)).toEqual(['pure', 'asyncapi']);
    expect(run.state.output).toEqual(messages);
  });
});
