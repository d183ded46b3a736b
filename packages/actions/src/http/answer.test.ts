import type { Guarantee } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { EgressFailure } from '../egress/failure.ts';
import { answerOutcome, classify } from './answer.ts';
import { quote, redact } from './quote.ts';
import { retryAfterMs } from './retry-after.ts';

type Row = readonly [status: number, pure: string, idempotent: string, keyed: string, once: string];

/** First attempt, no Retry-After. T terminal, R retryable, A ambiguous. */
const table: readonly Row[] = [
  [301, 'T', 'T', 'T', 'T'],
  [304, 'T', 'T', 'T', 'T'],
  [400, 'T', 'T', 'T', 'T'],
  [401, 'T', 'T', 'T', 'T'],
  [403, 'T', 'T', 'T', 'T'],
  [404, 'T', 'T', 'T', 'T'],
  [408, 'R', 'R', 'R', 'A'],
  [409, 'R', 'R', 'R', 'T'],
  [410, 'T', 'T', 'T', 'T'],
  [412, 'T', 'T', 'T', 'T'],
  [422, 'T', 'T', 'T', 'T'],
  [425, 'R', 'R', 'R', 'R'],
  [429, 'R', 'R', 'R', 'R'],
  [500, 'R', 'R', 'R', 'A'],
  [501, 'R', 'R', 'R', 'A'],
  [502, 'A', 'A', 'A', 'A'],
  [503, 'R', 'R', 'R', 'A'],
  [504, 'A', 'A', 'A', 'A'],
  [507, 'R', 'R', 'R', 'A'],
  [599, 'R', 'R', 'R', 'A'],
];
const letters = { T: 'terminal', R: 'retryable', A: 'ambiguous' } as const;
const columns: readonly Guarantee[] = ['pure', 'idempotent', 'keyed', 'once'];

describe('an answer that is no success', () => {
  test.each(
    table.flatMap(([status, ...row]) =>
      columns.map((guarantee, index) => [status, guarantee, letters[row[index] as keyof typeof letters]] as const),
    ),
  )('%i to a call that is %s is %s', (status, guarantee, expected) => {
    expect(classify(guarantee, status, false, 1)).toBe(expected);
  });

  test('503 with Retry-After says that a once call was not taken', () => {
    expect(classify('once', 503, true, 1)).toBe('retryable');
    expect(classify('once', 500, true, 1)).toBe('ambiguous');
    expect(classify('once', 502, true, 1)).toBe('ambiguous');
  });

  test('409 to a resend tells nothing: the step stays open', () => {
    expect(classify('idempotent', 409, false, 2)).toBe('ambiguous');
    expect(classify('keyed', 409, true, 5)).toBe('ambiguous');
    expect(classify('pure', 409, false, 2)).toBe('retryable');
    expect(classify('once', 409, false, 2)).toBe('terminal');
  });
});

const answerOf = (status: number, body: string | EgressFailure = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  url: new URL('https://target.example/a'),
  redirects: 0,
  body: body instanceof EgressFailure ? { failure: body } : { bytes: Buffer.from(body) },
});
const judge = (guarantee: Guarantee, answer: ReturnType<typeof answerOf>, redirect = false) =>
  answerOutcome({
    guarantee,
    attempt: 1,
    redirect,
    answer,
    doing: 'POST https://target.example/a',
    secrets: ['hunter2'],
    output: (bytes) => bytes.toString(),
  });

describe('answerOutcome', () => {
  test.each([200, 201, 204, 299])('%i has completed', (status) => {
    for (const guarantee of columns)
      expect(judge(guarantee, answerOf(status, 'x'))).toEqual({ kind: 'completed', output: 'x' });
  });

  test('a 3xx is an answer where redirects are followed, else an error with its status', () => {
    expect(judge('once', answerOf(302), true)).toEqual({ kind: 'completed', output: '' });
    expect(judge('once', answerOf(302))).toMatchObject({
      kind: 'terminal',
      error: { status: 302, type: expect.stringMatching(/communication$/) as string },
    });
  });

  test('an error carries the status, the words of the target and Retry-After, but no secret', () => {
    const outcome = judge('keyed', answerOf(503, 'busy,\n try hunter2   later', { 'retry-after': '7' }));
    expect(outcome).toMatchObject({
      kind: 'retryable',
      left: true,
      afterMs: 7_000,
      error: { status: 503, detail: 'POST https://target.example/a answered 503: busy, try [secret] later' },
    });
  });

  test('a success that cannot be read is ambiguous for an effect and never failed', () => {
    for (const reason of ['broken', 'limit', 'cancelled'] as const) {
      const answer = answerOf(200, new EgressFailure(reason, 'Lost.'));
      for (const guarantee of ['idempotent', 'keyed', 'once'] as const)
        expect(judge(guarantee, answer)).toMatchObject({ kind: 'ambiguous' });
    }
    expect(judge('pure', answerOf(200, new EgressFailure('broken', 'Lost.')))).toMatchObject({ kind: 'ambiguous' });
    expect(judge('pure', answerOf(200, new EgressFailure('limit', 'Large.')))).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_RESPONSE_LIMIT' },
    });
  });

  test('a refusal whose body cannot be read is judged by its status', () => {
    expect(judge('once', answerOf(422, new EgressFailure('broken', 'Lost.')))).toMatchObject({
      kind: 'terminal',
      error: { status: 422 },
    });
  });
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 10, 24, 17, 0, 0);
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['999999999', 86_400_000],
    ['Tue, 24 Nov 2026 17:01:00 GMT', 60_000],
    ['Tue, 24 Nov 2026 16:00:00 GMT', 0],
    ['Tue, 24 Nov 2099 16:00:00 GMT', 86_400_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2026', 2_026_000],
    ['99999999999999999999', undefined],
    [undefined, undefined],
  ])('reads %j as %j ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

test('quote and redact take secrets out in every form and shorten', () => {
  expect(redact('a p@ss, p%40ss, cEBzcw==', ['p@ss'])).toBe('a [secret], [secret], [secret]');
  expect(quote(Buffer.from('x'.repeat(20)), [], 5)).toBe('xxxxx…');
  expect(quote(Buffer.from([1, 0, 2]), [], 5)).toBe('');
  // The secret straddles the end of what is shown.
  expect(quote(Buffer.from('xxxhunter2'), ['hunter2'], 6)).not.toContain('hun');
});

test('quote shows no beginning of a secret either, however often an answer repeats it', () => {
  const secret = Array.from({ length: 2000 }, (_, index) => String(index)).join('-');
  for (let before = 0; before < 50; before += 7) {
    const shown = quote(Buffer.from('x'.repeat(before) + secret.repeat(30)), [secret], 300);
    expect(shown.replaceAll('[secret]', '')).toMatch(/^x*…?$/);
  }
});
