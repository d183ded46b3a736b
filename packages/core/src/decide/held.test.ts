import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import type { Verdict } from '../state/events.ts';
import type { Played } from './play.fixture.ts';
import { play } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

const lost: Outcome = { kind: 'ambiguous', error: flowError('communication', 'no answer') };
const unsent: Outcome = { kind: 'retryable', left: false, error: flowError('communication', 'connection refused') };
const refused: Outcome = { kind: 'terminal', error: flowError('communication', 'no', { status: 422 }) };
const done: Outcome = { kind: 'completed', output: { ok: true } };
const ambiguousType = 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous';

/** Lets a deadline pass while the first attempt is open, then answers in turn; a question gets the verdict. */
function overdue(
  yaml: string,
  late: { frame: number; timer?: 'timeout' | 'try'; after: number },
  answers: Outcome[],
  verdict?: Verdict,
): Played {
  let passed = false;
  const interfere = (run: Played): Stimulus | undefined => {
    const last = run.events.at(-1);
    if (last?.type === 'decision.asked' && verdict !== undefined)
      return { kind: 'decision', at: run.now, id: last.id, verdict, by: 'lena' };
    if (passed || ![...run.state.frames.values()].some((frame) => frame.effect?.open)) return undefined;
    passed = true;
    run.now += late.after;
    return { kind: 'timer', at: run.now, frame: late.frame, timer: late.timer ?? 'timeout' };
  };
  return play(yaml, { interfere, answer: () => answers.shift() ?? done });
}

const types = (run: Played) => run.events.map((event) => event.type);

describe('a timeout that waited for the outcome of an effect', () => {
  const outer = (inner: string) => `do: [{o: {do: [${inner}], timeout: {after: PT5S}}}]`;

  it('takes its course when the effect is refused, before a catch within it', () => {
    const run = overdue(
      outer('{t: {try: [{a: {call: idempotent}}], catch: {do: [{b: {call: once}}]}}}'),
      { frame: 1, after: 5000 },
      [refused],
    );
    expect(run.requests).toHaveLength(1);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });

  it('takes its course when nothing left, instead of a resend', () => {
    const run = overdue(outer('{a: {call: once}}'), { frame: 1, after: 5000 }, [unsent]);
    expect(run.requests).toHaveLength(1);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });

  it('takes its course when a person says that it was not applied', () => {
    const run = overdue(outer('{a: {call: once}}'), { frame: 1, after: 5000 }, [lost], { applied: false });
    expect(run.requests).toHaveLength(1);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });

  it('takes its course after a completion, though the task says end', () => {
    const run = overdue(outer('{a: {call: once, then: end}}'), { frame: 1, after: 5000 }, [done]);
    expect(types(run)).toContain('task.completed');
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });

  it('waits while an unanswered effect is sent again', () => {
    const run = overdue(outer('{a: {call: idempotent}}'), { frame: 1, after: 5000 }, [lost, lost, done]);
    expect(run.requests).toHaveLength(3);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });

  it('does not hide an outcome that stays unknown behind its own error', () => {
    const caught = `{t: {try: [{o: {do: [{a: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}], timeout: {after: PT5S}}}], catch: {}}}`;
    const run = overdue(`do: [${caught}]`, { frame: 2, after: 5000 }, [lost]);
    expect(run.state.error?.type).toBe(ambiguousType);
  });

  it('takes its course once an enclosed catch has taken the ambiguous error', () => {
    const inner = `{t: {try: [{a: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}], catch: {errors: {with: {type: '${ambiguousType}'}}, do: [{b: {call: once}}]}}}`;
    const run = overdue(outer(inner), { frame: 1, after: 5000 }, [lost]);
    expect(run.requests).toHaveLength(1);
    expect(types(run)).toContain('task.caught');
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/o' });
  });
});

describe('the deadline of a run that waited for the outcome of an effect', () => {
  const flow = (inner: string) => `{document: {metadata: {pawl: {deadline: PT1M}}}, do: [${inner}]}`;

  it('is what the run faults with, whatever the effect did', () => {
    for (const answer of [refused, unsent, done]) {
      const run = overdue(
        flow('{t: {try: [{a: {call: idempotent}}], catch: {do: [{b: {call: once}}]}}}, {c: {call: once}}'),
        { frame: 0, after: 60_000 },
        [answer],
      );
      expect(run.requests, answer.kind).toHaveLength(1);
      expect(run.state.error).toMatchObject({ status: 408 });
      expect(run.state.error?.detail).toMatch(/deadline/);
    }
  });

  it('waits for the person who knows', () => {
    const run = overdue(flow('{a: {call: once}}'), { frame: 0, after: 60_000 }, [lost], { applied: true, output: 1 });
    expect(types(run).slice(-4)).toEqual(['decision.asked', 'decision.made', 'task.completed', 'run.faulted']);
    expect(run.state.error?.status).toBe(408);
  });
});

describe('the time of one try that passed while an effect was open', () => {
  const flow = `do: [{t: {try: [{a: {call: idempotent}}, {b: {call: once}}], catch: {retry: {limit: {attempt: {count: 1, duration: PT5S}}}}}}]`;

  it('ends the try once the answer is there, and the effect is not sent again', () => {
    const run = overdue(flow, { frame: 1, timer: 'try', after: 5000 }, [done]);
    expect(types(run)).toContain('task.retried');
    expect(run.requests.map((request) => request.action)).toEqual(['idempotent', 'once']);
    expect(run.state.status).toBe('completed');
  });

  it('ends the try when nothing left', () => {
    const run = overdue(flow, { frame: 1, timer: 'try', after: 5000 }, [unsent]);
    const retried = run.events.find((event) => event.type === 'task.retried');
    expect(retried).toMatchObject({ error: { status: 408 } });
    expect(run.requests.map((request) => request.action)).toEqual(['idempotent', 'idempotent', 'once']);
  });
});

describe('a cancel that waited for the outcome of an effect', () => {
  const cancelled = (yaml: string, answers: Outcome[], verdict?: Verdict) => {
    let asked = false;
    return play(yaml, {
      answer: () => answers.shift() ?? done,
      interfere: (run) => {
        const last = run.events.at(-1);
        if (last?.type === 'decision.asked' && verdict !== undefined)
          return { kind: 'decision', at: run.now, id: last.id, verdict, by: 'lena' };
        if (asked || ![...run.state.frames.values()].some((frame) => frame.effect?.open)) return undefined;
        asked = true;
        return { kind: 'cancel', at: run.now, by: 'lena' };
      },
    });
  };

  it('ends the run after any certain outcome, sending nothing more', () => {
    for (const [then, answer] of [
      ['end', done],
      ['continue', done],
      ['continue', refused],
      ['continue', unsent],
    ] as const) {
      const run = cancelled(`do: [{t: {try: [{a: {call: once, then: ${then}}}], catch: {do: [{b: {call: once}}]}}}]`, [
        answer,
      ]);
      expect(run.state.status, `${then} ${answer.kind}`).toBe('cancelled');
      expect(run.requests).toHaveLength(1);
    }
  });

  it('sends an unanswered effect again until it is answered', () => {
    const run = cancelled('do: [{a: {call: idempotent}}, {b: {call: once}}]', [lost, lost, done]);
    expect(run.requests).toHaveLength(3);
    expect(run.state.status).toBe('cancelled');
  });

  it('waits for a person where nobody else knows, whatever they decide', () => {
    for (const verdict of [{ applied: true, output: 1 }, { applied: false }, { fail: true }] as const) {
      const run = cancelled('do: [{a: {call: once}}, {b: {call: once}}]', [lost], verdict);
      expect(run.state.status, JSON.stringify(verdict)).toBe('cancelled');
      expect(run.requests).toHaveLength(1);
    }
  });
});
