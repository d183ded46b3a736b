import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { journalEvents } from './event-meanings.ts';
import { JournalView } from './journal-view.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the meanings of journal events', () => {
  it('cover every type of event in the source, and no other', () => {
    const types = [...read('./events.ts').matchAll(/readonly type: '([a-z]+\.[a-z]+)'/g)].map(([, type]) => type);
    expect(types.length).toBeGreaterThan(20);
    expect(new Set(Object.keys(journalEvents))).toEqual(new Set(types));
  });

  it('stand on the reference page with their fields by their public names', () => {
    const page = read('../../../../docs/reference/journal.md');
    for (const [type, { meaning, fields }] of Object.entries(journalEvents)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? '';
      expect(row).toContain(meaning);
      for (const name of Object.keys(fields)) expect(row).toContain(`\`${name}\`:`);
    }
    expect(page).toContain('`output`: the output');
  });
});

describe('the public form of a run’s start', () => {
  it('has the input as it was given, and the transformed one beside it', () => {
    const shown = new JournalView().push({ type: 'run.started', at: 0, flow: 'f', input: { raw: 1 }, in: { made: 2 } });
    expect(shown).toMatchObject({ input: { raw: 1 }, transformedInput: { made: 2 } });
  });
});
