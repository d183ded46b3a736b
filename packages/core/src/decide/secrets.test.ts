import { describe, expect, it } from 'vitest';
import { fillMarks, marksIn } from '../secrets/marks.ts';
import { play } from './play.fixture.ts';

const use = 'use: {secrets: [token, db]}\n';

describe('secrets in what a step sends', () => {
  it('are marks in the request, and nowhere in the journal', () => {
    const run = play(
      `${use}do: [{a: {call: once, with: {auth: "Bearer \${ $secrets.token }", user: "\${ $secrets.db.user }"}}}]`,
      {
        answer: () => ({ kind: 'completed', output: null }),
      },
    );
    expect(run.state.status).toBe('completed');
    const [request] = run.requests;
    expect(request?.secrets).toEqual(['token', 'db']);
    expect(fillMarks(request?.args ?? null, (path) => path.join('/'))).toEqual({
      auth: 'Bearer token',
      user: 'db/user',
    });
    expect(JSON.stringify(run.events)).not.toMatch(/[\ufdd0-\ufdd5]/);
  });

  it('are marks in loose mode, too', () => {
    const run = play(`evaluate: {mode: loose}\n${use}do: [{a: {call: once, with: {x: $secrets.token}}}]`, {
      answer: () => ({ kind: 'completed', output: null }),
    });
    expect(run.requests[0]?.secrets).toEqual(['token']);
  });

  it('are hashed as their names: other names, another request', () => {
    const hashOf = (name: string) => {
      const run = play(`${use}do: [{a: {call: once, with: {x: "\${ $secrets.${name} }"}}}]`, {
        answer: () => ({ kind: 'completed', output: null }),
      });
      return run.events.flatMap((event) =>
        'intent' in event && event.intent !== undefined ? [event.intent.hash] : [],
      );
    };
    expect(hashOf('token')).toHaveLength(1);
    expect(hashOf('token')).toEqual(hashOf('token'));
    expect(hashOf('token')).not.toEqual(hashOf('db'));
  });

  it('may be the whole policy of an authentication', () => {
    const run = play(
      `${use}do: [{a: {call: http, with: {method: get, endpoint: {uri: "https://x", authentication: {basic: {use: db}}}}}}]`,
      { answer: () => ({ kind: 'completed', output: null }) },
    );
    expect(run.requests[0]?.secrets).toEqual(['db']);
    expect(marksIn(run.requests[0]?.args ?? null)).toEqual([['db']]);
  });

  it.each([
    ['set', 'do: [{a: {set: {x: "${ $secrets.token }"}}}]'],
    ['if', 'do: [{a: {if: "${ $secrets.token }", set: {x: 1}}}]'],
    ['export', 'do: [{a: {set: {x: 1}, export: {as: "${ $secrets.token }"}}}]'],
    ['the output of a call', 'do: [{a: {call: pure, output: {as: "${ $secrets.token }"}}}]'],
    ['the arguments of a function', 'do: [{a: {call: f, with: {x: "${ $secrets.token }"}}}]'],
    ['a key', 'do: [{a: {call: keyed, metadata: {pawl: {key: "${ $secrets.token }"}}}}]'],
  ])('fault with authorization in %s', (_, text) => {
    const run = play(`use: {secrets: [token], functions: {f: {set: {x: 1}}}}\n${text}`);
    expect(run.state.error).toMatchObject({ status: 403, type: expect.stringMatching(/\/authorization$/) });
    expect(run.requests.flatMap(({ secrets }) => secrets ?? [])).toEqual([]);
  });

  it('fault with authorization where the flow does not list them', () => {
    const run = play(`${use}do: [{a: {call: once, with: {x: "\${ $secrets.other }"}}}]`);
    expect(run.state.error).toMatchObject({ status: 403, detail: expect.stringContaining('"other"') });
  });

  it('fault with expression where they are worked on', () => {
    const run = play(`${use}do: [{a: {call: once, with: {x: "\${ $secrets.token | @base64 }"}}}]`);
    expect(run.state.error?.type).toMatch(/\/expression$/);
    expect(run.requests).toEqual([]);
  });

  it('are not sent for a mark that the data brings', () => {
    const mark = JSON.stringify(`\ufdd0&"'<admin\ufdd1`);
    const text = (more: string) =>
      `use: {secrets: [token, admin]}\ndo: [{a: {call: once, with: {x: "\${ .x }"${more}}}}]`;
    const input = JSON.parse(`{"x": ${mark}}`) as { x: string };
    expect(play(text(', t: "${ $secrets.token }"'), { input }).state.error?.type).toMatch(/\/expression$/);
    const plain = play(text(''), { input, answer: () => ({ kind: 'completed', output: null }) });
    expect(plain.requests[0]).not.toHaveProperty('secrets');
  });
});
