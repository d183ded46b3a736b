import type { Json } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { FailedAttempt } from '../failures.ts';
import { actionLimits } from '../limits.ts';
import type { Consumption } from './collector.ts';
import { Collector } from './collector.ts';
import { readMessage, writeMessage } from './message.ts';

const incoming = (value: Json, contentType?: string) => ({
  body: Buffer.from(JSON.stringify(value)),
  contentType,
  headers: {},
});

function collect(consumption: Partial<Consumption>, values: readonly Json[]): Collector {
  const collector = new Collector({
    amount: undefined,
    rules: undefined,
    contentType: 'application/json',
    ...consumption,
  });
  for (const value of values) collector.offer(incoming(value));
  return collector;
}

const payloads = (collector: Collector) => collector.messages.map(({ payload }) => payload);

describe('a subscription', () => {
  it('takes its amount and no more', () => {
    const collector = collect({ amount: 2 }, [1, 2, 3]);
    expect(payloads(collector)).toEqual([1, 2]);
    expect(collector.taken).toEqual([0, 1]);
    expect(collector.done).toBe(true);
    expect(collect({ amount: 2 }, [1]).done).toBe(false);
  });

  it('counts only what it wants, and knows which of all that came that was', () => {
    const wants = (message: Json): boolean => Number((message as { payload: number }).payload) % 2 === 0;
    const collector = collect({ amount: 2, rules: { wants, enough: () => false } }, [1, 2, 3, 4, 6]);
    expect(payloads(collector)).toEqual([2, 4]);
    expect(collector.taken).toEqual([1, 3]);
  });

  it('asks after each message that it took whether these are enough', () => {
    const asked: number[] = [];
    const enough = (messages: readonly Json[]): boolean => asked.push(messages.length) >= 3;
    const collector = collect({ rules: { wants: () => true, enough } }, [1, 2, 3, 4]);
    expect(asked).toEqual([1, 2, 3]);
    expect(payloads(collector)).toEqual([1, 2, 3]);
  });

  it('fails where that cannot be told', () => {
    const error = { type: 'https://e', status: 400 };
    expect(() => collect({ rules: { wants: () => true, enough: () => ({ error }) } }, [1])).toThrow(FailedAttempt);
  });

  it('looks at a bounded number of messages, of a bounded size', () => {
    const none = { wants: () => false, enough: () => false };
    const most = Array.from({ length: actionLimits.subscriptionMessages }, (_, i) => i);
    const collector = collect({ rules: none }, most);
    expect(() => collector.offer(incoming(1))).toThrow(FailedAttempt);
    const large = 'x'.repeat(actionLimits.subscriptionBytes / 2);
    expect(() => collect({}, [large, large])).toThrow(FailedAttempt);
  });
});

describe('a message', () => {
  const read = (body: string | Buffer, contentType: string): Json | undefined =>
    readMessage({ body: Buffer.from(body as string), headers: {} }, contentType)['payload'];

  it('is JSON where its content type is, a text where it is none, and base64 where it is no text', () => {
    expect(read('{"a":1}', 'application/json; charset=utf-8')).toEqual({ a: 1 });
    expect(read('{"a":1}', 'application/vnd.x+json')).toEqual({ a: 1 });
    expect(read('{"a":1}', 'text/plain')).toBe('{"a":1}');
    expect(read('{"a"', 'application/json')).toBe('{"a"');
    expect(read(Buffer.from([0xff, 0xfe]), 'application/json')).toBe('//4=');
    const deep = '['.repeat(10_000) + ']'.repeat(10_000);
    expect(read(deep, 'application/json')).toBe(deep);
  });

  it('has its own content type before that of the document, and its correlation id', () => {
    const message = { ...incoming('a', 'text/plain'), correlationId: 'c' };
    expect(readMessage(message, 'application/json')).toEqual({ payload: '"a"', headers: {}, correlationId: 'c' });
  });

  it('leaves as JSON, or as its text', () => {
    const written = (payload: Json, contentType: string): string =>
      writeMessage({ payload }, contentType).body.toString();
    expect(written({ a: 1 }, 'application/json')).toBe('{"a":1}');
    expect(written('a', 'application/json')).toBe('"a"');
    expect(written('a', 'text/plain')).toBe('a');
    expect(writeMessage({ headers: { a: 1, b: null, c: 'x' } }, 'text/plain').headers).toEqual({ a: '1', c: 'x' });
  });
});
