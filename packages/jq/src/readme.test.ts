import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as jq from './index.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The lines `expression; // → JSON` of the example, with what they give. */
const EXAMPLES = [...README.matchAll(/^(?:total|compile\('(.*?)'\))\.(run|evaluate)\((.*?)\); \/\/ → (.*)$/gm)];

it('the example of the README gives what it says', () => {
  expect(EXAMPLES).toHaveLength(5);
  const order = {
    items: [
      { price: 2, qty: 3 },
      { price: 5, qty: 1 },
    ],
  };
  expect(README).toContain('const order = { items: [{ price: 2, qty: 3 }, { price: 5, qty: 1 }] };');
  for (const [, source, method, input = '', answer] of EXAMPLES) {
    const program = jq.compile(source ?? '.items | map(.price * .qty) | add + $fee', { variables: ['fee'] });
    const value = input.startsWith('order') ? order : (JSON.parse(input) as jq.Json);
    const options = { variables: { fee: 4 } };
    const given = method === 'run' ? program.run(value, options) : program.evaluate(value, options);
    expect(given === undefined ? 'undefined' : JSON.stringify(given)).toBe(answer);
  }
});

it('the README has every limit', () => {
  for (const name of Object.keys(jq.DEFAULT_LIMITS)) expect(README).toContain(`\`${name}\``);
});
