import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Verdict } from '../state/events.ts';
import type { Play, Played } from './play.fixture.ts';
import { play, reload } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

/** Reconciles a run once it waits, then lets a person answer each question in turn. */
function afterRestore(yaml: string, verdicts: readonly Verdict[] = [], more: Play & { until?: number } = {}): Played {
  const answers = [...verdicts];
  let reconciled = false;
  return play(yaml, {
    ...more,
    interfere: (run): Stimulus | undefined => {
      const rests = [...run.state.frames.values()].some((frame) => frame.kind === 'wait');
      if (!reconciled && rests) {
        reconciled = true;
        reload(run);
        run.now += 60_000;
        return { kind: 'reconcile', at: run.now, lineage: 1, until: more.until ?? run.now };
      }
      const open = [...run.state.frames.values()].find((frame) => frame.effect?.question !== undefined);
      const id = open?.effect?.question;
      const verdict = id === undefined ? undefined : answers.shift();
      if (id === undefined || verdict === undefined) return undefined;
      return { kind: 'decision', at: run.now, id, verdict, by: 'lena' };
    },
  });
}

const step = (name: string, action = 'once', more = '') => `${name}: {call: ${action}, with: {x: ${name}}${more}}`;
/** A run that waits for a second and then does what is given. */
const after = (...steps: string[]) => `do: [{w: {wait: {seconds: 1}}}, ${steps.map((one) => `{${one}}`).join(', ')}]`;
const sent = (run: Played) => run.requests.map((request) => request.step.split('/').at(-1));
const asked = (run: Played) => run.events.filter((event) => event.type === 'decision.asked').length;
const applied: Verdict = { applied: true, output: { told: true } };
const notApplied: Verdict = { applied: false };

describe('a run whose database went back to an earlier point', () => {
  it('asks before it sends a once effect that it may have sent, with the reason', () => {
    const run = afterRestore(after(step('a')));
    expect(sent(run)).toEqual([]);
    expect(run.events.at(-1)).toMatchObject({
      type: 'decision.asked',
      reason: 'The database was restored to an earlier point; this step may already have been sent.',
    });
    expect(run.state.status).toBe('running');
  });

  it('goes on with what a person says was applied, and asks about the next one too', () => {
    const run = afterRestore(after(step('a'), step('b')), [applied]);
    expect(sent(run)).toEqual([]);
    expect(asked(run)).toBe(2);
    expect(run.events.find((event) => event.type === 'task.completed' && event.out !== undefined)).toMatchObject({
      out: { told: true },
    });
  });

  it('sends what was not applied once, under the key that it always had, and what follows without a question', () => {
    const plain = play(after(step('a'), step('b')));
    const run = afterRestore(after(step('a'), step('b')), [notApplied]);
    expect(run.state.status).toBe('completed');
    expect(asked(run)).toBe(1);
    expect(run.requests.map((request) => request.key)).toEqual(plain.requests.map((request) => request.key));
  });

  it('sends what tolerates a repeat without a question', () => {
    for (const guarantee of ['pure', 'idempotent', 'keyed', 'transactional']) {
      const run = afterRestore(after(step('a', guarantee)));
      expect(run.state.status, guarantee).toBe('completed');
      expect(sent(run)).toEqual(['a']);
    }
  });

  it('asks about a keyed effect whose target may have forgotten a key that it was sent before', () => {
    const keyed = (retention: string) =>
      after(step('a', 'keyed', `, metadata: {pawl: {keyIn: {header: Key, retention: ${retention}}}}`));
    expect(sent(afterRestore(keyed('PT1H')))).toEqual(['a']);
    const late = afterRestore(keyed('PT1M'));
    expect(sent(late)).toEqual([]);
    expect(asked(late)).toBe(1);
  });

  it('raises ambiguous instead of asking where the contract says so', () => {
    const run = afterRestore(after(step('a', 'once', ', metadata: {pawl: {onAmbiguous: fail}}')));
    expect(sent(run)).toEqual([]);
    expect(run.state.error?.type).toMatch(/\/ambiguous$/);
  });

  it('asks nothing once a wait that had begun before has ended after the failure', () => {
    const run = afterRestore(`do: [{w: {wait: {hours: 2}}}, {${step('a')}}]`);
    expect(run.state.status).toBe('completed');
    expect(sent(run)).toEqual(['a']);
  });

  it('goes on asking after a wait that began later, or that could have ended before the failure', () => {
    expect(sent(afterRestore(after('v: {wait: {hours: 2}}', step('a'))))).toEqual([]);
    expect(
      sent(afterRestore(`do: [{w: {wait: {hours: 2}}}, {${step('a')}}]`, [], { until: Date.UTC(2027, 0) })),
    ).toEqual([]);
  });

  it('goes on asking where another way may have led past the step that was not applied', () => {
    const ways = [
      after(`t: {try: [{${step('a')}}], catch: {do: [{n: {set: {x: 1}}}]}}`, step('b')),
      after(step('a', 'once', `, if: '\${ true }'`), step('b')),
      after(`s: {switch: [{c: {when: '\${ true }', then: a}}]}`, step('a'), step('b')),
      after(`f: {for: {each: x, in: '\${ [1] }'}, do: [{${step('a')}}]}`, step('b')),
      after(`f: {fork: {branches: [{${step('a')}}]}}`, step('b')),
    ];
    for (const way of ways) {
      const run = afterRestore(way, [notApplied]);
      expect(sent(run), way).toEqual(['a']);
      expect(asked(run), way).toBe(2);
    }
  });

  it('stops asking within a loop that ran already, at the first item that was not applied', () => {
    const run = afterRestore(
      `do: [{f: {for: {each: x, in: '\${ [1, 2, 3] }'}, do: [{w: {wait: {seconds: 1}}}, {${step('a')}}]}}]`,
      [applied, notApplied],
    );
    expect(run.state.status).toBe('completed');
    expect(asked(run)).toBe(2);
    expect(sent(run)).toEqual(['a', 'a']);
  });

  it('stops asking after a step within steps that are met on every way', () => {
    const run = afterRestore(after(`d: {do: [{${step('a')}}]}`, step('b')), [notApplied]);
    expect(run.state.status).toBe('completed');
    expect(asked(run)).toBe(1);
  });

  it('asks about an effect that waited for a permit, and gives the permit back', () => {
    let free = false;
    let released = 0;
    const run = play(`do: [{${step('a')}}]`, {
      acquire: () => free,
      release: () => {
        released += 1;
      },
      interfere: (played) => {
        if (free) return undefined;
        free = true;
        return { kind: 'reconcile', at: played.now, lineage: 1, until: played.now };
      },
    });
    expect(sent(run)).toEqual([]);
    expect(asked(run)).toBe(1);
    expect(released).toBe(1);
  });

  it('asks before it sends again what had not left as far as it knows', () => {
    let reconciled = false;
    const run = play(`do: [{${step('a')}}]`, {
      answer: () => ({ kind: 'retryable', left: false, error: flowError('communication', 'refused') }),
      random: () => 1,
      interfere: (played) => {
        const waits = [...played.state.frames.values()].some((frame) => frame.effect?.retryAt !== undefined);
        if (reconciled || !waits) return undefined;
        reconciled = true;
        return { kind: 'reconcile', at: played.now, lineage: 1, until: played.now };
      },
    });
    expect(sent(run)).toEqual(['a']);
    expect(asked(run)).toBe(1);
  });

  it('sends again by itself what a person said was not applied and what then did not leave', () => {
    let left = false;
    const run = afterRestore(after(`t: {try: [{${step('a')}}], catch: {do: [{n: {set: {x: 1}}}]}}`), [notApplied], {
      answer: () => {
        if (left) return { kind: 'completed', output: null };
        left = true;
        return { kind: 'retryable', left: false, error: flowError('communication', 'refused') };
      },
    });
    expect(run.state.status).toBe('completed');
    expect(asked(run)).toBe(1);
    expect(sent(run)).toEqual(['a', 'a']);
  });

  it('asks again about a step that was answered when the database goes back once more', () => {
    let times = 0;
    const run = play(`do: [{${step('a')}}, {${step('b')}}]`, {
      interfere: (played) => {
        const open = [...played.state.frames.values()].find((frame) => frame.effect !== undefined)?.effect;
        if (times === 0 || (times === 1 && open?.denied)) {
          times += 1;
          return { kind: 'reconcile', at: played.now, lineage: times, until: played.now };
        }
        if (open?.open) return { kind: 'lost', at: played.now, frame: 1, attempt: open.attempts, unsent: false };
        if (open?.question !== undefined && times === 1 && asked(played) === 1)
          return { kind: 'decision', at: played.now, id: open.question, verdict: notApplied, by: 'lena' };
        return undefined;
      },
    });
    expect(asked(run)).toBe(2);
    expect(sent(run)).toEqual([]);
    expect(run.state.lineage).toBe(2);
  });

  it('is told only once of a lineage, and never of an older one', () => {
    const told = [2, 2, 1];
    const run = play(after(step('a')), {
      interfere: (played) => {
        const lineage = told.shift();
        return lineage === undefined ? undefined : { kind: 'reconcile', at: played.now, lineage, until: played.now };
      },
    });
    expect(run.events.filter((event) => event.type === 'run.reconciled')).toMatchObject([{ lineage: 2 }]);
    expect(run.state.lineage).toBe(2);
  });

  it('counts the memory of a keyed target from the recovered point when it resends', () => {
    const yaml = after(step('a', 'keyed', ', metadata: {pawl: {keyIn: {header: Key, retention: PT3M}}}'));
    const run = afterRestore(yaml, [], {
      answer: () => ({ kind: 'ambiguous', error: flowError('communication', 'no answer') }),
      random: () => 1,
    });
    const starts = run.events.filter((event) => event.type === 'attempt.started').slice(0, run.requests.length - 1);
    // 0.9 of three minutes since the last thing that is known, the beginning of the wait.
    expect((starts.at(-1)?.at ?? 0) - run.state.startedAt).toBeLessThan(162_000);
    expect(asked(run)).toBe(1);
    expect(run.requests.length).toBeGreaterThan(1);
  });

  it('sends what was not applied only once nothing of the lost history can arrive any more', () => {
    const run = afterRestore(after(step('a')), [notApplied]);
    const told = run.events.find((event) => event.type === 'run.reconciled');
    const again = run.events.find((event) => event.type === 'attempt.started');
    // Attempts of this action are given up after 30 s.
    expect((again?.at ?? 0) - (told?.type === 'run.reconciled' ? told.until : 0)).toBeGreaterThanOrEqual(30_000);
  });

  it('asks from its beginning where its id is from before: it may have begun already', () => {
    const at = Date.UTC(2026, 10, 1) + 1;
    const old = play(`do: [{${step('a')}}]`, { lineage: { number: 3, at, until: at } });
    expect(sent(old)).toEqual([]);
    expect(asked(old)).toBe(1);
    expect(old.state.lineage).toBe(3);
    const fresh = play(`do: [{${step('a')}}]`, { lineage: { number: 3, at: 0, until: at } });
    expect(sent(fresh)).toEqual(['a']);
    expect(fresh.events[0]).toMatchObject({ type: 'run.started', lineage: 3 });
    const first = play(`do: [{${step('a')}}]`, { lineage: { number: 0, at, until: at } });
    expect(first.events[0]).not.toHaveProperty('lineage');
    expect(sent(first)).toEqual(['a']);
  });

  it('starts runs of other flows that are in doubt too, as they may have been started before', () => {
    const run = afterRestore(after('c: {run: {workflow: {namespace: test, name: other, version: 1.0.0}}}'));
    const told = run.events.find((event) => event.type === 'run.reconciled');
    const child = run.events.find((event) => event.type === 'child.started');
    const madeAt = Number.parseInt((child?.child ?? '').replace('-', '').slice(0, 12), 16);
    expect(madeAt).toBe(told?.since);
    expect(madeAt).toBeLessThan(told?.at ?? 0);
  });
});
