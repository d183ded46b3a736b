import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitJson } from './split-json.ts';

test.each([
  ['', []],
  [' \n', []],
  ['1 2', ['1', '2']],
  ['{"a":"}"}[1]"x\\""true', ['{"a":"}"}', '[1]', '"x\\""', 'true']],
  ['{"a":', ['{"a":']],
  ['1,2', ['1', ',', '2']],
  ['"open', ['"open']],
])('%j is split into %j', (text, parts) => {
  expect(splitJson(text)).toEqual(parts);
});

test('values joined by any space are found again', () => {
  fc.assert(
    fc.property(fc.array(fc.json()), fc.constantFrom(' ', '\n', '\r\n', '\t '), (values, space) => {
      expect(splitJson(values.join(space)).map((part) => JSON.parse(part) as unknown)).toEqual(
        values.map((value) => JSON.parse(value) as unknown),
      );
    }),
  );
});
