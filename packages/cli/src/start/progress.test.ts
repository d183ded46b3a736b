import { expect, test } from 'vitest';
import { progressView } from './progress.ts';

/** A screen that keeps what is written, and a clock that is set by hand. */
function world(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const screen = { isTTY, write: (text: string) => written.push(text) };
  const view = progressView(screen, () => now);
  return { written, view, at: (ms: number) => (now = ms) };
}

test('on a terminal a bar is drawn over itself, not more often than ten times a second', () => {
  const { written, view, at } = world(true);
  view.show({ rows: 0, bytes: 0, total: 100 });
  at(50);
  view.show({ rows: 10, bytes: 10, total: 100 });
  at(1_000);
  view.show({ rows: 5_000, bytes: 50, total: 100 });
  view.end();
  expect(written).toEqual([
    `\r\u001b[2K  [${' '.repeat(30)}] 0 %  0 rows  0 rows/s`,
    `\r\u001b[2K  [${'#'.repeat(15)}${' '.repeat(15)}] 50 %  5,000 rows  5,000 rows/s`,
    '\n',
  ]);
});

test('elsewhere a plain line comes now and then, and always at the end', () => {
  const { written, view, at } = world(false);
  view.show({ rows: 0, bytes: 0, total: 100 });
  at(500);
  view.show({ rows: 10, bytes: 10, total: 100 });
  at(1_000);
  view.show({ rows: 171_075, bytes: 100, total: 100 });
  view.end();
  expect(written).toEqual(['  0 %  0 rows  0 rows/s\n', '  100 %  171,075 rows  171,075 rows/s\n']);
});

test('the rate counts only what this process has seen', () => {
  const { written, view, at } = world(false);
  view.show({ rows: 100_000, bytes: 50, total: 100 });
  at(2_000);
  view.show({ rows: 102_000, bytes: 60, total: 100 });
  expect(written[1]).toBe('  60 %  102,000 rows  1,000 rows/s\n');
});
