import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import type { Answer, RunEvent } from '../state/events.ts';
import { pending, statusOf } from './pending.ts';
import { compiled, play, reload } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

const form = '{type: object, required: [amount], properties: {amount: {type: number}}}';
const question = `{a: {call: ask, with: {title: 'Refund \${ .order }?', form: ${form}, to: [finance], deadline: PT8H}}}`;

/** Somebody who answers. */
interface Person {
  readonly by: string;
  readonly answer: Answer;
  readonly reason?: string;
}

const lena = (answer: Answer): Person => ({ by: 'lena', answer });
const approved = (data?: Json): Answer => ({ decision: 'approved', ...(data === undefined ? {} : { data }) });
const rejected: Answer = { decision: 'rejected' };

function asked(run: Played) {
  return run.events.filter((event) => event.type === 'decision.asked');
}

function isOpen(run: Played): boolean {
  return [...run.state.frames.values()].some(({ ask }) => ask?.open);
}

function typesOf(run: Played): readonly RunEvent['type'][] {
  return run.events.map(({ type }) => type);
}

/** Answers the last question that was asked, one person after the other. */
function people(...list: readonly Person[]): NonNullable<Play['interfere']> {
  let next = 0;
  return (run): Stimulus | undefined => {
    const last = asked(run).at(-1);
    const person = list[next];
    if (last === undefined || person === undefined || run.state.status !== 'running') return undefined;
    next += 1;
    const { by, answer, reason } = person;
    return {
      kind: 'decision',
      at: run.now,
      id: last.id,
      verdict: answer,
      by,
      ...(reason === undefined ? {} : { reason }),
    };
  };
}

describe('a step that asks a person', () => {
  it('waits for an approval, with what it asks fixed at its entry', () => {
    const run = play(`do: [${question}]`, { input: { order: 'o-7' }, until: 0 });
    const [event] = asked(run);
    expect(event).toMatchObject({ reason: 'Refund o-7?', ask: { title: 'Refund o-7?', to: ['finance'] } });
    const flow = compiled({ do: [{ a: { call: 'ask', with: { title: 'x' } } }] });
    expect(statusOf(run.state, flow)).toEqual({ status: 'waiting', waitingFor: 'approval' });
    expect(pending(run.state, flow)).toContainEqual(
      expect.objectContaining({ kind: 'timer', timer: 'answer', at: run.now + 8 * 3_600_000 }),
    );
  });

  it('completes with the decision, what was filled in, by whom and when', () => {
    const run = play(`do: [${question}]`, {
      input: { order: 'o-7' },
      interfere: people({ ...lena(approved({ amount: 5 })), reason: 'fair' }),
    });
    expect(run.state.output).toEqual({
      decision: 'approved',
      data: { amount: 5 },
      by: 'lena',
      at: new Date(run.now).toISOString(),
      reason: 'fair',
    });
  });

  it('completes with a rejection, which needs no data', () => {
    const run = play(`do: [${question}]`, { input: {}, interfere: people(lena(rejected)) });
    expect(run.state.output).toMatchObject({ decision: 'rejected', data: null, by: 'lena' });
  });

  it('leaves the input of the flow as it was', () => {
    const run = play(`do: [{a: {call: ask, with: {title: x}, output: {as: '{given: $input, asked: .decision}'}}}]`, {
      input: { title: 'mine' },
      interfere: people(lena(approved())),
    });
    expect(run.state.output).toEqual({ given: { title: 'mine' }, asked: 'approved' });
  });

  it('refuses data that do not fit the form, and stays open', () => {
    const run = play(`do: [${question}]`, {
      input: {},
      interfere: people(lena(approved({ amount: 'five' })), lena(approved()), lena(approved({ amount: 5 }))),
    });
    const refusals = run.events.filter((event) => event.type === 'decision.refused');
    expect(refusals.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('/amount'),
      expect.stringContaining('amount'),
    ]);
    expect(run.state.output).toMatchObject({ data: { amount: 5 } });
  });

  it('refuses data where there is no form, and answers to another kind of question', () => {
    const applied = { kind: 'decision', verdict: { applied: false }, by: 'max' } as const;
    let tried = false;
    const answers = people(lena(approved(1)), lena(approved()));
    const run = play(`do: [{a: {call: ask, with: {title: x}}}]`, {
      interfere: (now) => {
        const [first] = asked(now);
        if (first === undefined || tried) return answers(now);
        tried = true;
        return { ...applied, at: now.now, id: first.id };
      },
    });
    expect(typesOf(run).filter((type) => type === 'decision.refused')).toHaveLength(2);
    expect(run.state.output).toMatchObject({ decision: 'approved', data: null });
  });

  it('is decided once: a later answer changes nothing', () => {
    const run = play(`do: [${question}, {w: {wait: {seconds: 1}}}]`, {
      input: {},
      interfere: people(lena(rejected), { by: 'max', answer: approved({ amount: 1 }) }),
    });
    expect(run.events.filter((event) => event.type === 'decision.made')).toMatchObject([{ by: 'lena' }]);
  });

  it('goes on after a load', () => {
    const answers = people(lena(approved({ amount: 1 })));
    const run = play(`do: [${question}]`, {
      input: {},
      interfere: (now) => {
        if (asked(now).length > 0) reload(now);
        return answers(now);
      },
    });
    expect(run.state.output).toMatchObject({ decision: 'approved' });
  });

  it('faults at its entry where the form, a duration or the value of the deadline is wrong', () => {
    const faults = [
      'form: {type: nothing}',
      'deadline: soon',
      'remind: PT0S',
      `form: ${form}, onDeadline: {value: {amount: x}}`,
      'onDeadline: {value: 1}',
    ].map((more) => play(`do: [{a: {call: ask, with: {title: x, ${more}}}}]`).state.error?.detail);
    expect(faults).toEqual([
      expect.stringContaining('form'),
      expect.stringContaining('deadline'),
      expect.stringContaining('remind'),
      expect.stringContaining('/amount'),
      expect.stringContaining('no form'),
    ]);
  });

  it('cannot show a secret', () => {
    const document = { use: { secrets: ['s'] }, do: [{ a: { call: 'ask', with: { title: '${ $secrets.s }' } } }] };
    expect(() => compiled(document)).toThrow(/secret/);
  });

  it('is a function of the flow where the flow has one of that name', () => {
    const run = play(`
use: {functions: {ask: {set: {mine: true}}}}
do: [{a: {call: ask, with: {x: 1}}}]`);
    expect(run.state.output).toEqual({ mine: true });
  });
});

describe('the deadline of a question', () => {
  const with_ = (more: string) => `do: [{a: {call: ask, with: {title: x, deadline: PT8H, ${more}}}}]`;

  it('fails the step', () => {
    const run = play(with_('remind: PT5H'));
    expect(run.state).toMatchObject({ status: 'faulted', error: { status: 408, instance: '/do/0/a' } });
    expect(run.now - run.state.startedAt).toBe(8 * 3_600_000);
  });

  it('rejects, or approves with a value', () => {
    expect(play(with_('onDeadline: reject')).state.output).toMatchObject({ decision: 'rejected', by: 'pawl' });
    expect(play(with_(`form: ${form}, onDeadline: {value: {amount: 0}}`)).state.output).toMatchObject({
      decision: 'approved',
      data: { amount: 0 },
      by: 'pawl',
    });
  });

  it('is caught like every timeout', () => {
    const run = play(
      `do: [{t: {try: [{a: {call: ask, with: {title: x, deadline: PT1H}}}], catch: {errors: {with: {status: 408}}, do: [{s: {set: {late: true}}}]}}}]`,
    );
    expect(run.state.output).toEqual({ late: true });
  });

  it('reminds until then, at most so many times, and once for those that were missed', () => {
    const reminded = (run: Played) => run.events.filter((event) => event.type === 'decision.reminded');
    expect(reminded(play(with_('remind: PT3H'))).map(({ n }) => n)).toEqual([1, 2]);
    expect(reminded(play(with_('remind: PT1M'), { limits: { reminders: 3 } }))).toHaveLength(3);
    let slept = false;
    const late = play(with_('remind: PT1H'), {
      interfere: (run) => {
        if (!slept) run.now += 4.5 * 3_600_000;
        slept = true;
        return undefined;
      },
    });
    expect(reminded(late).map(({ at }) => (at - late.state.startedAt) / 3_600_000)).toEqual([4.5, 5.5, 6.5, 7.5]);
  });

  it('asks others too after a while', () => {
    const run = play(with_('to: [finance], escalate: {after: PT4H, to: [cfo]}'));
    expect(run.events.filter((event) => event.type === 'decision.escalated')).toMatchObject([
      { to: ['finance', 'cfo'], at: run.state.startedAt + 4 * 3_600_000 },
    ]);
  });
});

describe('four eyes', () => {
  const both = `do: [{a: {call: ask, with: {title: x, form: ${form}, fourEyes: true}}}]`;
  const data = { amount: 3 };

  it('needs two different people who approve the same', () => {
    const run = play(both, {
      interfere: people(
        lena(approved(data)),
        lena(approved()),
        { by: 'max', answer: approved({ amount: 4 }) },
        { by: 'max', answer: approved() },
      ),
    });
    expect(typesOf(run).filter((type) => type.startsWith('decision.'))).toEqual([
      ...['decision.asked', 'decision.approved', 'decision.refused', 'decision.refused', 'decision.made'],
    ]);
    expect(run.state.output).toMatchObject({
      decision: 'approved',
      data,
      by: 'max',
      approvals: [{ by: 'lena' }, { by: 'max' }],
    });
  });

  it('ends at once with a rejection, of the one who approved too', () => {
    expect(play(both, { interfere: people(lena(rejected)) }).state.output).toMatchObject({ decision: 'rejected' });
    const changed = play(both, { interfere: people(lena(approved(data)), lena(rejected)) });
    expect(changed.state.output).toMatchObject({ decision: 'rejected', by: 'lena' });
  });
});

describe('a question that nobody has decided', () => {
  it('is closed by the timeout of its step, a cancel, and a lost race', () => {
    const late = play(`do: [{a: {call: ask, with: {title: x, remind: PT30M}, timeout: {after: PT1H}}}]`, {
      interfere: (run) => {
        const due = run.state.startedAt + 3_600_000;
        if (run.state.status !== 'running' || run.now >= due) return undefined;
        run.now = due;
        return { kind: 'timer', at: due, frame: 1, timer: 'timeout' };
      },
    });
    expect(late.state).toMatchObject({ status: 'faulted', error: { status: 408 } });
    const race = play(
      `do: [{f: {fork: {compete: true, branches: [{a: {call: ask, with: {title: x}}}, {w: {wait: PT1M}}]}}}]`,
    );
    expect(race.state.status).toBe('completed');
    let cancelled = false;
    const stopped = play(`do: [${question}]`, {
      input: {},
      interfere: (run) => {
        if (cancelled) return undefined;
        cancelled = true;
        return { kind: 'cancel', at: run.now, by: 'max' };
      },
    });
    expect(stopped.state.status).toBe('cancelled');
  });
});

describe('a retry around a question', () => {
  const retried = (title: string) => `do: [{t: {
    try: [{a: {call: ask, with: {title: "${title}"}}}, {b: {call: pure}}],
    catch: {errors: {with: {status: 500}}, retry: {limit: {attempt: {count: 2}}}}}}]`;
  const failing = (times: number): NonNullable<Play['answer']> => {
    let left = times;
    return () => {
      left -= 1;
      return left >= 0
        ? { kind: 'terminal', error: { type: 'about:blank', status: 500, title: 'no' } }
        : { kind: 'completed', output: 'done' };
    };
  };

  it('uses the answer that there is, and does not ask again', () => {
    const run = play(retried('same'), { interfere: people(lena(approved())), answer: failing(2) });
    expect(run.state).toMatchObject({ status: 'completed', output: 'done' });
    expect(asked(run)).toHaveLength(1);
  });

  it('asks again where it asks for something else', () => {
    const run = play(
      `do: [{t: {
        try: [{a: {call: ask, with: {title: "\${ now | tostring }"}}}, {b: {call: pure}}],
        catch: {errors: {with: {status: 500}}, retry: {delay: PT1S, limit: {attempt: {count: 2}}}}}}]`,
      { interfere: (now) => (isOpen(now) ? people(lena(approved()))(now) : undefined), answer: failing(1) },
    );
    expect(run.state.status).toBe('completed');
    expect(asked(run)).toHaveLength(2);
  });
});
