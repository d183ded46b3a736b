import type { Json, JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { ask, openHttpBed } from './http.fixture.ts';

const structured = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';

describe.skipIf(missing !== undefined)(
  `events over HTTP${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: HttpBed;

    beforeAll(async () => {
      bed = await openHttpBed('http_events');
    });
    afterAll(() => bed?.close());

    const event = (id: string, more: JsonObject = {}): JsonObject => ({
      specversion: '1.0',
      ...{ id, source: '/tests', type: 'com.test.sent' },
      ...more,
    });
    const post = (body: Json | undefined, headers: Record<string, string> = {}): Promise<Reply> =>
      bed.ask('POST', '/api/v1/events', { headers, ...(body === undefined ? {} : { body }) });
    const list = async (query: string): Promise<JsonObject[]> =>
      (await bed.ask('GET', `/api/v1/events?${query}`)).json['items'] as JsonObject[];

    it('come one by one and in batches, each with its kind of body', async () => {
      const one = await post(event('s-1', { data: { n: 1 } }), { 'content-type': `${structured}; charset=utf-8` });
      expect([one.status, one.json]).toEqual([
        202,
        { accepted: 1, known: 0, events: [{ source: '/tests', id: 's-1', new: true }] },
      ]);
      expect((await post([event('b-1'), event('b-2')], { 'content-type': batch })).json).toMatchObject({ accepted: 2 });
      expect((await post(event('j-1'))).json).toMatchObject({ accepted: 1 });
      expect((await post([event('j-2'), event('j-2')])).json).toMatchObject({ accepted: 1, known: 1 });
      expect((await post([])).json).toEqual({ accepted: 0, known: 0, events: [] });
      expect((await post(event('x'), { 'content-type': batch })).status).toBe(400);
    });

    it('come with their attributes in headers, and their data as it is', async () => {
      const headers = (id: string, type?: string) => ({
        ...{ 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/tests', 'ce-type': 'com.test.binary' },
        ...(type === undefined ? {} : { 'content-type': type }),
      });
      await post('{"n":1}', {
        ...headers('json', 'application/json'),
        'ce-subject': 'Caf%C3%A9%20x',
        'ce-place': '"a\\"b"',
      });
      await post('<a/>', headers('text', 'text/xml'));
      await post('\u0001', headers('bytes', 'application/octet-stream'));
      expect((await post(undefined, headers('none'))).status).toBe(202);
      const kept = (await list('type=com.test.binary')).map(({ event: told }) => told as JsonObject);
      const of = (id: string) => kept.find((one) => one['id'] === id);
      expect(of('json')).toEqual({
        ...{ specversion: '1.0', id: 'json', source: '/tests', type: 'com.test.binary' },
        ...{ subject: 'Café x', place: 'a"b', datacontenttype: 'application/json', data: { n: 1 } },
      });
      expect(of('text')).toMatchObject({ data: '<a/>', datacontenttype: 'text/xml' });
      expect(of('bytes')).toMatchObject({ data_base64: 'AQ==' });
      expect(of('none')).toEqual({ specversion: '1.0', id: 'none', source: '/tests', type: 'com.test.binary' });
    });

    it('that were sent before change nothing, whatever their data', async () => {
      await post(event('twice', { type: 'com.test.twice', data: 1 }));
      const again = await post(event('twice', { type: 'com.test.other', data: 2 }));
      expect([again.status, again.json]).toMatchObject([202, { accepted: 0, known: 1, events: [{ new: false }] }]);
      expect(await list('type=com.test.twice')).toMatchObject([{ event: { data: 1 }, given: 0, taken: 0 }]);
      expect(await list('type=com.test.other')).toEqual([]);
    });

    it('are all refused when one is wrong, with the place of all that is', async () => {
      const sent = [
        event('whole'),
        { ...event(''), Big: 1, time: 'noon' },
        7,
        { ...event('both'), data: 1, data_base64: 'AQ==' },
      ];
      const { status, json } = await post(sent);
      expect([status, json['code']]).toEqual([400, 'PAWL_EVENT_INVALID']);
      const problems = json['problems'] as { event: number; attribute: string }[];
      expect(problems.map((one) => [one.event, one.attribute])).toEqual([
        [1, 'id'],
        [1, 'Big'],
        [1, 'time'],
        [2, ''],
        [3, 'data_base64'],
      ]);
      expect((await list('')).some(({ id }) => id === 'whole')).toBe(false);
    });

    it.each<[string, JsonObject]>([
      ['specversion', { specversion: '0.3' }],
      ['source', { source: null }],
      ['type', { type: 5 }],
      ['subject', { subject: 'a\u0000b' }],
      ['count', { count: 1.5 }],
      ['list', { list: [] }],
      ['big', { big: 2_147_483_648 }],
      ['time', { time: '2026-13-01T00:00:00Z' }],
      ['data_base64', { data_base64: 'not base64' }],
    ])('with a wrong %s are refused', async (attribute, wrong) => {
      const { status, json } = await post({ ...event(`wrong-${attribute}`), ...wrong });
      expect([status, json['problems']]).toMatchObject([400, [{ event: 0, attribute }]]);
    });

    it('that are too large or too many are refused with what is', async () => {
      const large = await post([event('small'), event('large', { data: 'x'.repeat(1_048_576) })]);
      expect([large.status, large.json['code'], large.json['event']]).toEqual([413, 'PAWL_TOO_LARGE', 1]);
      const many = await post(Array.from({ length: 1_001 }, (_, n) => event(`many-${n}`)));
      expect([many.status, many.json['code']]).toEqual([413, 'PAWL_TOO_LARGE']);
    });

    it('of a type that nobody can read, or of none, are refused', async () => {
      expect((await post('a: 1', { 'content-type': 'application/cloudevents+avro' })).status).toBe(415);
      expect((await post('hello', { 'content-type': 'text/plain' })).status).toBe(415);
      expect((await ask(bed.server.port, 'POST', '/api/v1/events')).status).toBe(415);
    });

    it('under an Idempotency-Key are answered as the first time, and other ones refused', async () => {
      const headers = { 'idempotency-key': 'events-1' };
      const first = await post(event('keyed'), headers);
      const second = await post(event('keyed'), headers);
      expect([second.json, second.headers['idempotency-replayed']]).toEqual([first.json, 'true']);
      const binary = { 'ce-specversion': '1.0', 'ce-source': '/tests', 'ce-type': 'com.test.keyed', ...headers };
      expect((await post(undefined, { ...binary, 'ce-id': 'other' })).status).toBe(422);
    });

    it('come to the run that listens, and show who took them', async () => {
      const to = { one: { with: { type: 'com.test.wanted', subject: '${ $workflow.input }' } } };
      await bed.engine.deploy(flowText('listens', [{ hear: { listen: { to } } }]));
      const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'listens' }, input: 'mine' });
      await waitUntil('it listens', async () => (await bed.engine.run(run)).waitingFor === 'event');
      await post([
        event('not-mine', { type: 'com.test.wanted', subject: 'other' }),
        event('mine', { type: 'com.test.wanted', subject: 'mine', data: { paid: true } }),
      ]);
      expect(await bed.engine.ended(run)).toMatchObject({ status: 'completed', output: [{ paid: true }] });
      expect(await list('type=com.test.wanted&wanted=true')).toMatchObject([{ id: 'mine', given: 1, taken: 1 }]);
      expect(await list('type=com.test.wanted&wanted=false')).toMatchObject([{ id: 'not-mine', given: 0, taken: 0 }]);
      const page = await bed.ask('GET', '/api/v1/events?limit=1');
      expect(page.json).toMatchObject({ items: [{}], next: expect.any(String) });
    });
  },
);
