import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { expandUri, templateNames } from './uri-template.ts';

describe('a URI template', () => {
  it.each([
    ['https://x/{id}', { id: 7 }, 'https://x/7'],
    ['https://x/{a}/{b}', { a: true, b: false }, 'https://x/true/false'],
    ['https://x/{name}', { name: "a b/ü&!'()*" }, 'https://x/a%20b%2F%C3%BC%26%21%27%28%29%2A'],
    ['https://x/{pet.id}', { 'pet.id': 5, pet: { id: 6 } }, 'https://x/5'],
    ['https://x/{id}?y={id}', { id: '1' }, 'https://x/1?y=1'],
    ['https://x/', { id: 1 }, 'https://x/'],
    ['https://x/{id}', { id: '\ud800' }, 'https://x/%EF%BF%BD'],
  ])('%s with %j is %s', (template, input, uri) => {
    expect(expandUri(template, input)).toEqual({ ok: true, uri });
  });

  const without: readonly Json[] = [{}, { id: null }, null, 5, 'text', [1], { constructor: 1 }];
  it.each(without.map((input) => ({ input })))(
    'leaves nothing for what is missing (decided: no input is null): $input',
    ({ input }) => {
      expect(expandUri('https://x/{id}', input)).toEqual({ ok: true, uri: 'https://x/' });
      expect(expandUri('https://x/{toString}', input)).toEqual({ ok: true, uri: 'https://x/' });
    },
  );

  it('refuses a list or an object as a part of an address', () => {
    expect(expandUri('https://x/{id}', { id: [1] })).toEqual({
      ok: false,
      detail: expect.stringContaining('{id} in the address is a list'),
    });
    expect(expandUri('https://x/{id}', { id: {} })).toEqual({
      ok: false,
      detail: expect.stringContaining('is an object'),
    });
  });

  it.each(['{+id}', '{#id}', '{?a,b}', '{a,b}', '{a:3}', '{a*}', '{/a}'])(
    'refuses the form %s, which the language does not have',
    (form) => {
      expect(expandUri(`https://x/${form}`, { a: 1, b: 2, id: 3 })).toMatchObject({ ok: false });
      expect(templateNames(`https://x/${form}/{ok}`)).toEqual({ names: ['ok'], refused: [form.slice(1, -1)] });
    },
  );
});
