import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builtinNames, DEFAULT_LIMITS } from './index.ts';

const PAGE = readFileSync(new URL('../../../docs/reference/jq.md', import.meta.url), 'utf8');

it('the reference page names every builtin and no other', () => {
  const named = [...PAGE.matchAll(/`([A-Za-z0-9_]+\/\d)`/g)].map(([, name]) => name);
  expect(named).toEqual(builtinNames());
});

it('the reference page has every limit with its default', () => {
  for (const [name, bound] of Object.entries(DEFAULT_LIMITS)) {
    const shown = String(bound).replace(/\B(?=(\d{3})+$)/g, ' ');
    expect(PAGE).toContain(`| \`${name}\` | ${shown} |`);
  }
});
