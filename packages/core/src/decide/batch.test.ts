import { describe, expect, it } from 'vitest';
import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { Played } from './play.fixture.ts';
import { play, reload } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

describe('batches', () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({ id: i }));
  const flow =
    'do: [{b: {for: {each: page, in: .data}, do: [{u: {call: transactional, with: {rows: "${ $page }", all: "${ . }"}}}], metadata: {pawl: {batch: {size: 4, page: true}}}}}]';
  const page = (cursor: unknown, size: number) => {
    const from = (cursor ?? 0) as number;
    return { rows: rows.slice(from, from + size), next: from + size, last: from + size >= rows.length };
  };
  it('runs its list once a page, each with the input of the for, and gives a summary', () => {
    const run = play(flow, { input: { data: { dataset: { kind: 'test' } } }, page });
    expect(run.state.output).toEqual({ rows: 10, pages: 3 });
    expect(run.requests.map((request) => (request.args['rows'] as unknown[]).length)).toEqual([4, 4, 2]);
    expect(run.requests[2]?.args['all']).toEqual({ data: { dataset: { kind: 'test' } } });
    expect(JSON.stringify(run.rows).length).toBeLessThan(6000);
  });
  it('ends an empty dataset with a summary of nothing', () => {
    expect(
      play(flow, { input: { data: { dataset: {} } }, page: () => ({ rows: [], next: null, last: true }) }).state.output,
    ).toEqual({ rows: 0, pages: 0 });
  });
  it('faults the step with what the dataset says when a page cannot be read', () => {
    expect(
      play(flow, {
        input: { data: { dataset: {} } },
        page: () => ({ error: flowError('validation', 'row 7 is broken') }),
      }).state.error,
    ).toMatchObject({ status: 400, detail: 'row 7 is broken' });
  });
  it('refuses a value that is not a dataset', () => {
    expect(play(flow, { input: { data: [1] } }).state.error?.detail).toMatch(/dataset/);
  });
});

describe('a page that was lost from memory', () => {
  const rows = [{ id: 1 }, { id: 2 }];
  const flow = (first: string, pawl = '') => `
do:
  - t:
      try:
        - b:
            for: { each: page, in: .data }
            do: [ { u: { call: ${first}, with: { rows: '\${ $page }' } } }, { v: { call: once, with: { again: '\${ $page }' } } } ]
            metadata: { pawl: { batch: { size: 4, page: true } } }
      catch: { ${pawl} do: [ { h: { set: { because: '\${ $error.detail }' } } } ] }
`;
  const input = { data: { dataset: { kind: 'test' } } };
  const lose = (
    yaml: string,
    again: { rows: typeof rows } | { error: FlowError },
    found: (run: Played) => Stimulus | undefined,
  ) => {
    let reads = 0;
    let loaded = false;
    return play(yaml, {
      input,
      page: () => {
        reads += 1;
        if (reads === 1) return { rows, next: 2, last: true };
        return 'error' in again ? again : { rows: again.rows, next: 2, last: true };
      },
      interfere: (run) => {
        if (
          !loaded &&
          run.events.at(-1)?.type === 'task.started' &&
          run.requests.length === 0 &&
          [...run.state.frames.values()].some((frame) => frame.effect?.open)
        ) {
          loaded = true;
          reload(run);
          return undefined;
        }
        return loaded && reads > 1 ? found(run) : undefined;
      },
    });
  };
  const open = (run: Played) => [...run.state.frames.values()].find((frame) => frame.effect?.open);
  const lost = (run: Played): Stimulus | undefined => {
    const frame = open(run);
    return frame?.effect?.attempts === 1 && frame.effect.open && run.requests.length === 0
      ? { kind: 'lost', at: run.now, frame: frame.id, attempt: 1, unsent: false }
      : undefined;
  };
  const decided = (run: Played): Stimulus | undefined => {
    const last = run.events.at(-1);
    return last?.type === 'decision.asked'
      ? { kind: 'decision', at: run.now, id: last.id, verdict: { applied: true, output: {} }, by: 'lena' }
      : lost(run);
  };

  it('is read again, and the effect on it is sent again with the same bytes', () => {
    const run = lose(flow('idempotent'), { rows }, lost);
    expect(run.requests.map((request) => request.args)).toEqual([{ rows }, { again: rows }]);
    expect(run.state.output).toEqual({ rows: 2, pages: 1 });
  });

  it('does not end the batch while an outcome on it is unknown: a person says first what became of it', () => {
    for (const again of [{ error: flowError('runtime', 'the file is gone') }, { rows: [{ id: 1 }] }]) {
      const run = lose(flow('idempotent'), again, decided);
      expect(run.requests).toEqual([]);
      expect(run.events.map((event) => event.type)).toContain('decision.made');
      expect(run.state.output).toEqual({
        because: expect.stringMatching('error' in again ? /the file is gone/ : /now has 1: the dataset has changed/),
      });
    }
  });

  it('ends the batch at once where nothing on it is unknown', () => {
    const run = lose(flow('pure'), { error: flowError('runtime', 'the file is gone') }, () => undefined);
    expect(run.state.output).toEqual({ because: 'the file is gone' });
    expect(run.events.filter((event) => event.type === 'task.cancelled')).toHaveLength(1);
  });

  it('lets a cancel wait for the outcome alone', () => {
    let cancelled = false;
    const run = lose(flow('once'), { error: flowError('runtime', 'the file is gone') }, (played) => {
      if (cancelled) return decided(played);
      cancelled = true;
      return { kind: 'cancel', at: played.now, by: 'lena' };
    });
    expect(run.state.status).toBe('cancelled');
  });

  it('lets a timeout of the batch wait for the outcome alone', () => {
    const late = flow('once').replace(/( +)metadata:/, '$1timeout: { after: PT5S }\n$1metadata:');
    let passed = false;
    const run = lose(late, { error: flowError('runtime', 'the file is gone') }, (played) => {
      if (passed) return decided(played);
      passed = true;
      played.now += 5000;
      return { kind: 'timer', at: played.now, frame: 2, timer: 'timeout' };
    });
    expect(run.state.output).toEqual({
      because: flowError('timeout', 'The step took longer than its timeout allows.').detail,
    });
  });
});
