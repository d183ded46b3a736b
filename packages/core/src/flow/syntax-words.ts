import type { YAMLError } from 'yaml';
import type { Problem } from '../result.ts';
import type { Position } from './positions.ts';

/** A syntax error in plain words, with its line. */
export function syntaxProblem(error: YAMLError, at: (offset: number) => Position): Problem {
  const [message, hint] = wordsOf(error);
  const problem: Problem = { code: 'PAWL_FLOW_SYNTAX', severity: 'error', path: '', message, ...at(error.pos[0]) };
  return hint === undefined ? problem : { ...problem, hint };
}

const quotes = 'put quotes around the value, as in "${ .name }" or \'a: b\'';
const indentation = 'move the line so that it stands below the others of its list or object; two spaces a level';

function wordsOf(error: YAMLError): readonly [message: string, hint?: string] {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return ['The line is indented with a tab; YAML takes spaces only.', 'replace the tab with spaces'];
    case 'BAD_INDENT':
      if (error.message.startsWith('Flow'))
        return ['A bracket or brace is opened and not closed.', 'close it with ] or }'];
      return ['The line is not indented as its neighbours are.', indentation];
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return [
        'A value goes on where a key was expected: a colon is missing, or one is too much.',
        `write key: value; if the value holds a colon, ${quotes}`,
      ];
    case 'KEY_OVER_1024_CHARS':
      return ['A key is longer than 1,024 characters.', 'a key ends with a colon; is one missing?'];
    case 'MISSING_CHAR':
      if (error.message.includes('quote'))
        return ['A text is opened with a quote and not closed.', 'close it with the same quote'];
      return [`Something is missing here: ${plain(error.message)}.`, quotes];
    case 'BAD_SCALAR_START':
      return ['A value cannot begin with this character.', quotes];
    case 'BAD_DQ_ESCAPE':
      return [
        'In double quotes a backslash begins an escape, and this one is unknown.',
        'use single quotes, or write the backslash twice',
      ];
    case 'TAG_RESOLVE_FAILED':
      return [
        'A value is marked with a tag (!…) that a flow does not know.',
        'take the tag out; a flow holds texts, numbers, true, false, null, lists and objects',
      ];
    case 'MULTIPLE_DOCS':
      return [
        'The text holds several documents; a flow is one.',
        'put what follows the line --- into a file of its own',
      ];
    default:
      return [`The text is not YAML here: ${plain(error.message)}.`, quotes];
  }
}

/** The library's first line, without its excerpt of the source. */
function plain(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '').replace(/ at line \d+, column \d+$/, '');
}
