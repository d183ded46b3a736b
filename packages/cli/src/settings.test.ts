import { delimiter } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('folders of PAWL_FILES go before the data of the examples, which stays readable', () => {
  const examples = readSettings({}).files;
  expect(examples.length).toBeGreaterThan(0);
  expect(readSettings({ PAWL_FILES: ['/srv/a', '/srv/b'].join(delimiter) }).files).toEqual([
    '/srv/a',
    '/srv/b',
    ...examples,
  ]);
});
