import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { flowError } from '../flow-error.ts';
import type { JsonObject } from '../json.ts';
import type { ChildEnd, Parent } from '../ports.ts';
import type { RunEvent } from '../state/events.ts';
import { messagesOf } from './messages.ts';
import { pending, statusOf } from './pending.ts';
import { beginRun } from './decide.ts';
import { limits } from '../limits.ts';
import { compiled, nodeHash, play, reload } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

type Started = Extract<RunEvent, { type: 'child.started' }>;

const other = '{namespace: test, name: other, version: latest}';
const runs = `{a: {run: {workflow: ${other}}}}`;

function started(run: Played): readonly Started[] {
  return run.events.filter((event): event is Started => event.type === 'child.started');
}

/** Ends each child in its turn; `hold`: not before something else has happened. */
function ends(list: readonly ChildEnd[], hold?: (run: Played) => boolean): NonNullable<Play['interfere']> {
  let next = 0;
  return (run): Stimulus | undefined => {
    const child = started(run).filter((one) => one.detached === undefined)[next];
    const end = list[next];
    if (child === undefined || end === undefined || hold?.(run)) return undefined;
    next += 1;
    return { kind: 'child', at: run.now, frame: child.f, child: child.child, end };
  };
}

const done: ChildEnd = { status: 'completed', output: { paid: true } };
const failed: ChildEnd = {
  status: 'faulted',
  error: { ...flowError('validation', 'no name', { instance: '/do/0/x' }), title: 'Bad' },
};
const asked = (run: Played) => !run.events.some((event) => event.type === 'child.stopping');

describe('a task that runs another flow', () => {
  it('starts a run of it and waits for its output', () => {
    const given = `{a: {run: {workflow: {namespace: test, name: other, version: "1.0.0", input: {id: "\${ .id }"}}}}}`;
    const waiting = play(`do: [${given}]`, { input: { id: 7 } });
    expect(started(waiting)).toMatchObject([
      { named: { namespace: 'test', name: 'other', version: '1.0.0' }, input: { id: 7 } },
    ]);
    const flow = compiled({ do: [{ a: { run: { workflow: { namespace: 't', name: 'o', version: '1.0.0' } } } }] });
    expect(statusOf(waiting.state, flow)).toEqual({ status: 'waiting', waitingFor: 'child' });
    expect(play(`do: [${given}]`, { input: { id: 7 }, interfere: ends([done]) }).state.output).toEqual({ paid: true });
  });

  it('makes an id that is a uuid, and the same whenever it is decided', () => {
    const [first] = started(play(`do: [${runs}]`));
    expect(first?.child).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(started(play(`do: [${runs}]`))[0]?.child).toBe(first?.child);
    const loop = play(`do: [{l: {for: {in: "[1, 2]"}, do: [${runs}]}}]`, { interfere: ends([done, done]) });
    expect(new Set(started(loop).map(({ child }) => child)).size).toBe(2);
  });

  it('goes on at once with its input where it does not wait', () => {
    const run = play(`do: [{a: {run: {workflow: ${other}, await: false}, input: {from: '{n: 1}'}}}]`);
    expect(run.state.output).toEqual({ n: 1 });
    const said = messagesOf(run.state, run.events, { workspace: 'default', hash: nodeHash });
    expect(said?.messages.map(({ message }) => message)).toEqual([
      {
        kind: 'start',
        workspace: 'default',
        flow: '',
        named: { namespace: 'test', name: 'other', version: 'latest' },
        input: null,
        key: null,
      },
    ]);
  });

  it('raises the error of the other run as its own, and says where it came from', () => {
    const run = play(`do: [${runs}]`, { interfere: ends([failed]) });
    const [child] = started(run);
    expect(run.state.error).toEqual({
      ...failed.error,
      instance: '/do/0/a',
      detail: `no name (run ${child?.child} at /do/0/x)`,
    });
  });

  it('faults where the other run was cancelled by somebody else', () => {
    const run = play(`do: [${runs}]`, { interfere: ends([{ status: 'cancelled' }]) });
    expect(run.state.error).toMatchObject({ status: 500, detail: expect.stringContaining('was cancelled') as string });
  });

  it('does not mind the end of another child, or a second one of its own', () => {
    const [other, own] = [ends([done]), ends([failed])];
    let turn = 0;
    const run = play(`do: [${runs}, {b: {wait: PT1S}}]`, {
      interfere: (at) => {
        turn += 1;
        const [child] = started(at);
        if (turn === 1) return { kind: 'child', at: at.now, frame: 1, child: 'another', end: failed };
        if (turn === 2) return other(at);
        return turn === 3 && child !== undefined ? own(at) : undefined;
      },
    });
    expect(run.state.output).toEqual({ paid: true });
  });

  it('does not run itself without an end', () => {
    const flow = compiled(parse(`do: [${runs}]`) as JsonObject);
    const env = {
      hash: nodeHash,
      random: () => 0.5,
      limits: { ...limits, childDepth: 3 },
      acquire: () => true,
      release: () => {},
    };
    const of = { workspace: 'default', hash: nodeHash };
    const at = (parent?: Parent) =>
      beginRun(
        { id: '01900000-0000-7000-8000-000000000002', flowHash: 'f', input: null, at: 5, ...(parent && { parent }) },
        flow,
        env,
      );
    let begun = at({ run: '01900000-0000-8000-8000-000000000001', frame: 0 });
    const depths: (number | undefined)[] = [];
    for (let n = 0; n < 4; n += 1) {
      const message = messagesOf(begun.state, begun.decision.events, of)?.messages[0]?.message;
      if (message?.kind !== 'start' || message.parent === undefined) break;
      depths.push(message.parent.depth);
      begun = at(message.parent);
    }
    expect(depths).toEqual([1, 2, 3]);
    expect(begun.state.error).toMatchObject({
      detail: expect.stringContaining('`other` seems to run itself') as string,
    });
  });

  it('is told to its parent when it ends itself', () => {
    const flow = compiled({ do: [{ a: { set: { n: 1 } } }] });
    const parent = { run: '01900000-0000-7000-8000-0000000000ff', frame: 4 };
    const env = { hash: nodeHash, random: () => 0.5, limits, acquire: () => true, release: () => {} };
    const id = '01900000-0000-7000-8000-000000000002';
    const begun = beginRun({ id, flowHash: 'f', input: null, at: 5, parent }, flow, env);
    const of = { workspace: 'default', hash: nodeHash };
    expect(messagesOf(begun.state, begun.decision.events, of)?.messages).toEqual([
      {
        ...{ partition: 255, id: `end:${id}`, run: parent.run, at: 5 },
        message: { kind: 'child', frame: 4, child: id, end: { status: 'completed', output: { n: 1 } } },
      },
    ]);
    const scheduled = { ...begun.state, parent: { ...parent, frame: 0 } };
    expect(messagesOf(scheduled, begun.decision.events, of)?.messages[0]?.message).toEqual({
      ...{ kind: 'ended', child: id, at: 5 },
    });
  });
});

describe('a task that is given up while another run is under way', () => {
  const timed = `{a: {timeout: {after: PT5S}, run: {workflow: ${other}}}}`;

  it('asks the run to cancel, once, and waits for its end', () => {
    const run = play(`do: [${timed}]`);
    expect(run.state.status).toBe('running');
    expect(run.events.filter((event) => event.type === 'child.stopping')).toHaveLength(1);
    const said = messagesOf(run.state, run.events, { workspace: 'default', hash: nodeHash });
    expect(said?.messages.map(({ id, message }) => [id, message.kind])).toEqual([
      [started(run)[0]?.child, 'start'],
      [`cancel:${started(run)[0]?.child}`, 'cancel'],
    ]);
  });

  it.each<[string, ChildEnd, object]>([
    ['its output counts', done, { status: 'completed', output: { paid: true } }],
    ['its timeout is raised where the run was cancelled', { status: 'cancelled' }, { error: { status: 408 } }],
    ['its timeout is raised where the run faulted', failed, { error: { status: 408 } }],
  ])('%s', (_, end, state) => {
    expect(play(`do: [${timed}]`, { interfere: ends([end], asked) }).state).toMatchObject(state);
  });

  it('ends with the run that is cancelled', () => {
    const end = ends([{ status: 'cancelled' }], asked);
    const cancel: Play['interfere'] = (run) =>
      run.state.cancel === undefined && started(run).length > 0
        ? { kind: 'cancel', at: run.now, by: 'lena' }
        : end(run);
    const run = play(`do: [${runs}]`, { interfere: cancel });
    expect(run.state.status).toBe('cancelled');
    expect(run.events.slice(-4).map(({ type }) => type)).toEqual([
      ...['child.stopping', 'child.ended', 'task.cancelled', 'run.cancelled'],
    ]);
  });

  it('ends with the fork whose other branch faulted', () => {
    const fork = `{f: {fork: {branches: [${runs}, {b: {raise: {error: {type: "https://e.com", status: 409}}}}]}}}`;
    const run = play(`do: [${fork}]`, { interfere: ends([{ status: 'cancelled' }], asked) });
    expect(run.state.error).toMatchObject({ status: 409 });
  });

  it('stays at the root where its branch lost a race, until the run has ended', () => {
    const race = `{f: {fork: {compete: true, branches: [${runs}, {b: {set: {n: 1}}}]}}}`;
    const after = '{z: {set: {z: "${ .n }"}}}';
    expect(play(`do: [${race}, ${after}]`).state.status).toBe('running');
    const run = play(`do: [${race}, ${after}]`, { interfere: ends([done], asked) });
    expect(run.state.output).toEqual({ z: 1 });
    const cancelled = play(`do: [${race}, ${after}]`, { interfere: ends([{ status: 'cancelled' }], asked) });
    expect(cancelled.state.output).toEqual({ z: 1 });
  });

  it('goes on from a snapshot as it would have', () => {
    const end = ends([{ status: 'cancelled' }], asked);
    const run = play(`do: [${timed}]`, {
      interfere: (at) => {
        reload(at);
        return end(at);
      },
    });
    expect(run.state.error).toMatchObject({ status: 408 });
  });
});

describe('another run that a retry meets again', () => {
  const retry = 'catch: {retry: {limit: {attempt: {count: 2}}}}';

  it('is not started again where it completed', () => {
    let calls = 0;
    const run = play(`do: [{t: {try: [${runs}, {b: {call: idempotent}}], ${retry}}}]`, {
      interfere: ends([done]),
      answer: () => {
        calls += 1;
        return calls === 1
          ? { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }
          : { kind: 'completed', output: calls };
      },
    });
    expect(run.state.output).toBe(2);
    expect(started(run)).toHaveLength(1);
  });

  it('is another run where the first one faulted', () => {
    const run = play(`do: [{t: {try: [${runs}], ${retry}}}]`, { interfere: ends([failed, done]) });
    expect(run.state.output).toEqual({ paid: true });
    expect(new Set(started(run).map(({ child }) => child)).size).toBe(2);
  });

  it('is started once where nobody waits for it', () => {
    const loosely = `{a: {run: {workflow: ${other}, await: false}}}`;
    const run = play(
      `do: [{t: {try: [${loosely}, {b: {raise: {error: {type: "https://e.com", status: 409}}}}], ${retry}}}]`,
    );
    expect(started(run)).toHaveLength(1);
    expect(run.state.error).toMatchObject({ status: 409 });
  });
});

describe('what a run needs that waits for another run', () => {
  it('is the end of it', () => {
    const run = play(`do: [${runs}]`);
    const flow = compiled({ do: [{ a: { run: { workflow: { namespace: 't', name: 'o', version: '1.0.0' } } } }] });
    const [child] = started(run);
    expect(pending(run.state, flow)).toEqual([
      expect.objectContaining({ kind: 'timer', frame: 0 }),
      { kind: 'child', frame: child?.f, child: child?.child },
    ]);
  });
});
