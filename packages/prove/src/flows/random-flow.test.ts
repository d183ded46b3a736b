import { checkFlow } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { simHash } from '../sim/hash.ts';
import { Prng } from '../sim/prng.ts';
import { simActions } from '../targets/catalog.ts';
import { randomFlow } from './random-flow.ts';

const catalog = { describe: (name: string) => simActions.get(name) };

const talking = { large: 0.01, longWaits: 0.04, talk: 0.3, children: ['g'], naturalKeys: true };

describe('random flows', () => {
  it('are valid, and the same for the same seed', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const flow = randomFlow(new Prng(seed), 'f', seed % 2 === 0 ? talking : undefined);
      expect(randomFlow(new Prng(seed), 'f', seed % 2 === 0 ? talking : undefined)).toEqual(flow);
      const checked = checkFlow(JSON.stringify(flow), { hash: simHash, format: 'json', catalog, purpose: 'deploy' });
      const errors = checked.problems.filter((problem) => problem.severity === 'error');
      expect(errors, `seed ${seed}: ${JSON.stringify(errors)}\n${JSON.stringify(flow)}`).toEqual([]);
    }
  });

  it('hold every kind of task and every guarantee', () => {
    const text = Array.from({ length: 100 }, (_, seed) =>
      JSON.stringify(randomFlow(new Prng(seed), 'f', talking)),
    ).join('\n');
    for (const word of [
      'set',
      'switch',
      'do',
      'for',
      'batch',
      'try',
      'retry',
      'raise',
      'wait',
      'timeout',
      'if',
      'then',
      'export',
      'emit',
      'listen',
      'foreach',
      'workflow',
      ...simActions.keys(),
    ]) {
      expect(text).toContain(`"${word}"`);
    }
  });
});
