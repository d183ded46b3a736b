import { describe, expect, it } from 'vitest';
import { nodeHash, play } from '../decide/play.fixture.ts';
import { emptyState } from './apply.ts';
import {
  decodeRow,
  decodeSnapshot,
  encodeRow,
  encodeSnapshot,
  foldRows,
  payloadsOf,
  stateFromJson,
  stateToJson,
} from './codec.ts';
import type { RunEvent } from './events.ts';

const place = { partition: 7, run: 'r', from: 1 };
const started = (input: unknown): RunEvent => ({ type: 'run.started', at: 1, flow: 'f', input: input as null });

describe('journal rows', () => {
  it('bring every JSON text back as it was', () => {
    for (const input of [
      '\u0000',
      '\ud800',
      '𝄞',
      1e100,
      -0.5,
      { __proto__x: 1 },
      JSON.parse('{"__proto__": {"a": 1}}') as unknown,
      [[], {}],
      '\u2028',
    ]) {
      const { row, payloads } = encodeRow([started(input)], place, nodeHash);
      const [event] = decodeRow(row, nodeHash, () => undefined);
      expect(JSON.stringify(event)).toBe(JSON.stringify(started(input)));
      expect(payloads).toEqual([]);
    }
  });

  it('keep a value above 64 KiB once beside the journal and find it again', () => {
    const big = { text: 'x'.repeat(70_000) };
    const events = [started(big), { type: 'run.completed', at: 2, out: big } as RunEvent];
    const { row, payloads } = encodeRow(events, place, nodeHash);
    expect(row.body.length).toBeLessThan(500);
    expect(payloads).toHaveLength(1);
    expect(payloadsOf(row)).toEqual([payloads[0]?.sha256, payloads[0]?.sha256]);
    expect(decodeRow(row, nodeHash, () => payloads[0]?.body)).toEqual(events);
  });

  it('refuse a changed byte, an unknown format and a lost large value', () => {
    const { row } = encodeRow([started('abc')], place, nodeHash);
    expect(() => decodeRow({ ...row, body: row.body.replace('abc', 'abd') }, nodeHash, () => undefined)).toThrow(
      /checksum/,
    );
    expect(() => decodeRow({ ...row, format: 99 }, nodeHash, () => undefined)).toThrow(/format 99/);
    const large = encodeRow([started('x'.repeat(70_000))], place, nodeHash);
    expect(() => decodeRow(large.row, nodeHash, () => undefined)).toThrow(/missing or damaged/);
    expect(() => decodeRow(large.row, nodeHash, () => '"y"')).toThrow(/missing or damaged/);
  });

  it('refuse a gap', () => {
    const first = encodeRow([started(1)], place, nodeHash).row;
    const third = encodeRow([{ type: 'run.completed', at: 2, out: 1 }], { ...place, from: 3 }, nodeHash).row;
    expect(() => foldRows('r', undefined, [first, third], nodeHash, () => undefined)).toThrow(/event 2 is missing/);
  });

  it('do not mistake a user’s member that ends in $ for a reference', () => {
    const input = { out$: 'not a hash' };
    const { row } = encodeRow([started(input)], place, nodeHash);
    expect(decodeRow(row, nodeHash, () => undefined)).toEqual([started(input)]);
  });
});

describe('snapshots', () => {
  it('give the same state at any event, folded on or folded from the start', () => {
    const run = play(
      "do: [{l: {for: {in: '[1, 2, 3]'}, do: [{a: {call: keyed, export: {as: '{n: $index}'}}}, {w: {wait: PT1S}}]}}]",
    );
    const whole = JSON.stringify(stateToJson(run.state));
    for (let cut = 0; cut <= run.rows.length; cut += 1) {
      const before = foldRows(run.state.id, undefined, run.rows.slice(0, cut), nodeHash, () => undefined);
      const snapshot = encodeSnapshot(before, { partition: 1 }, nodeHash);
      const after = foldRows(run.state.id, decodeSnapshot(snapshot, nodeHash), run.rows, nodeHash, () => undefined);
      expect(JSON.stringify(stateToJson(after))).toBe(whole);
    }
  });

  it('refuse a changed byte', () => {
    const snapshot = encodeSnapshot(emptyState('r'), { partition: 1 }, nodeHash);
    expect(() => decodeSnapshot({ ...snapshot, body: snapshot.body.replace('"r"', '"s"') }, nodeHash)).toThrow(
      /checksum/,
    );
  });

  it('are plain JSON', () => {
    const state = emptyState('r');
    expect(stateFromJson(JSON.parse(JSON.stringify(stateToJson(state))) as null)).toEqual(state);
  });
});
