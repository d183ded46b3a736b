import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Json } from '../json.ts';
import { fillMarks, markOf, marksIn, reconcile, showMarks } from './marks.ts';
import { secretUseOf } from './paths.ts';

describe('how a program uses secrets', () => {
  it.each([
    ['$secrets.token', [['token']]],
    ['$secrets["a-b"].user', [['a-b', 'user']]],
    ['"Bearer \\($secrets.token)"', [['token']]],
    ['"Bearer " + $secrets.token', [['token']]],
    ['{a: $secrets.a, b: [$secrets.b]}', [['a'], ['b']]],
    ['if .live then $secrets.live else $secrets.test end', [['live'], ['test']]],
    ['.order as $o | {id: $o.id, key: $secrets.key}', [['key']]],
  ])('%s passes it on', (source, paths) => {
    expect(secretUseOf(source)).toEqual({ paths, unnamed: undefined, worked: undefined });
  });

  it.each([
    '$secrets.token | length',
    '$secrets.token | @base64',
    '@uri "https://x/\\($secrets.token)"',
    'if $secrets.token == "x" then 1 else 2 end',
    '[$secrets.token] | join(",")',
    '$secrets.token[0:3]',
    '{($secrets.token): 1}',
    'reduce .[] as $x ($secrets.token; . + $x)',
    '$secrets.a // "none"',
    '$secrets.a | . as $s | {s: $s}',
  ])('%s works on it', (source) => {
    expect(secretUseOf(source).worked).toEqual(expect.any(Number));
  });

  it.each(['$secrets', '$secrets | .token', '$secrets[.name]', '. as $secrets | $secrets'])(
    '%s names none',
    (source) => {
      expect(secretUseOf(source).unnamed).toEqual(expect.any(Number));
    },
  );
});

describe('marks', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,20}$/);
  const path = fc.tuple(name, fc.array(fc.stringMatching(/^[ -~]{1,8}$/), { maxLength: 2 }));
  /** Values in which texts hold marks, made by a form. */
  const holding = fc.letrec<{ value: (form: 'first' | 'second') => Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.tuple(fc.string(), path, fc.string()).map(
        ([before, [first, rest], after]) =>
          (form: 'first' | 'second') =>
            `${before}${markOf([first, ...rest], form)}${after}`,
      ),
      fc.jsonValue().map((value) => () => value as Json),
      fc.array(tie('value')).map((items) => (form: 'first' | 'second') => items.map((item) => item(form))),
    ),
  })).value;

  it('agree in both forms, and are replaced by values', () => {
    fc.assert(
      fc.property(holding, (make) => {
        expect(reconcile(make('first'), make('second'))).toBeUndefined();
        const filled = fillMarks(make('first'), () => 'VALUE');
        expect(marksIn(filled)).toEqual([]);
        expect(JSON.stringify(filled)).not.toMatch(/[\ufdd0-\ufdd5]/);
      }),
    );
  });

  it('in the data are told from those of the program', () => {
    for (const form of ['first', 'second'] as const) {
      const forged = { body: `x${markOf(['admin'], form)}` };
      expect(reconcile({ ...forged, t: markOf(['a'], 'first') }, { ...forged, t: markOf(['a'], 'second') })).toBe(
        'forged',
      );
      expect(reconcile({ [markOf(['admin'], form)]: 1 }, { [markOf(['admin'], form)]: 1 })).toBe('forged');
    }
  });

  it.each([
    (mark: string) => mark.slice(0, 4),
    (mark: string) => mark.slice(1),
    (mark: string) => mark.slice(2, 3),
    (mark: string) => mark.toUpperCase(),
    (mark: string) => mark.replaceAll("'", "''"),
    (mark: string) => mark.replaceAll('&', '&amp;'),
    (mark: string) => encodeURIComponent(mark),
    (mark: string) => JSON.stringify(mark),
    (mark: string) => mark.length,
    (mark: string) => ({ [mark]: 1 }),
    (mark: string) => mark.split('').reverse().join(''),
  ])('show that they were worked on: %s', (work) => {
    const [first, second] = [work(markOf(['token'], 'first')), work(markOf(['token'], 'second'))];
    expect(reconcile(first as Json, second as Json)).toMatch(/touched|forged/);
  });

  it('stand alone for any value, within a text for a plain one', () => {
    const mark = markOf(['db', 'port'], 'first');
    expect(fillMarks({ port: mark, url: `host:${mark}` }, (at) => (at[1] === 'port' ? 5432 : null))).toEqual({
      port: 5432,
      url: 'host:5432',
    });
  });

  it('are shown to people by their names', () => {
    expect(
      showMarks(
        `cannot add ${markOf(['db', 'user'], 'first')}, ${markOf(['x'], 'second')} and ${markOf(['x'], 'first').slice(0, 6)}`,
      ),
    ).toBe('cannot add «secret db.user», «secret x» and «secret»');
  });
});
