import { PawlError } from '@pawl/core';

/**
 * First words that would end the transaction which makes the effect safe, or change the session for those who get it
 * next. PostgreSQL takes one statement at a time with parameters, so the first word tells.
 */
const refused: ReadonlySet<string> = new Set([
  'abort',
  'begin',
  'close',
  'commit',
  'copy',
  'deallocate',
  'declare',
  'discard',
  'end',
  'fetch',
  'listen',
  'load',
  'move',
  'prepare',
  'release',
  'reset',
  'rollback',
  'savepoint',
  'set',
  'start',
  'unlisten',
]);

/** Checks that a statement may run inside Pawl's transaction; throws PAWL_ACTION_INPUT. */
export function requireStatement(sql: string): void {
  const word = firstWord(sql);
  if (word === '') throw new PawlError('PAWL_ACTION_INPUT', 'The SQL is empty.');
  if (refused.has(word))
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `A step's SQL cannot begin with ${word.toUpperCase()}: Pawl begins and ends the transaction itself.`,
    );
}

/** The first word in lower case, after blanks and comments (PostgreSQL's block comments nest). */
function firstWord(sql: string): string {
  let at = 0;
  while (at < sql.length) {
    if (/\s|;/.test(sql[at] ?? '')) at++;
    else if (sql.startsWith('--', at)) at = endOf(sql, '\n', at);
    else if (sql.startsWith('/*', at)) at = afterBlock(sql, at);
    else return /^[a-z_]+/i.exec(sql.slice(at, at + 40))?.[0].toLowerCase() ?? sql[at] ?? '';
  }
  return '';
}

function endOf(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}

function afterBlock(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (sql.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return sql.length;
}
