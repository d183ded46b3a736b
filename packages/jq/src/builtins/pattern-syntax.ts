import { raise } from '../errors.ts';

/** A pattern in the engine's own syntax, with the names of its groups. */
export interface TranslatedPattern {
  readonly text: string;
  /** By number from 1: names are taken out of the pattern, since jq lets two groups share one. */
  readonly names: readonly (string | undefined)[];
}

/** What RE2 leaves out to be linear, by how it starts. */
const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ['(?=', 'look-ahead'],
  ['(?!', 'look-ahead'],
  ['(?<=', 'look-behind'],
  ['(?<!', 'look-behind'],
  ['(?>', 'atomic groups'],
  ['(?(', 'conditional groups'],
  ['\\k', 'back-references'],
];

/**
 * Turns a pattern of jq into one of the engine: names its groups by number, drops blanks and
 * comments of the extended form, and refuses what a linear-time engine can not do.
 */
export function translatePattern(source: string, isExtended: boolean): TranslatedPattern {
  const names: (string | undefined)[] = [];
  let text = '';
  let inClass = false;
  for (let at = 0; at < source.length; ) {
    const piece: string = inClass ? classPiece(source, at) : pieceAt(source, at, isExtended);
    if (!inClass && piece === '(' && source[at + 1] !== '?') names.push(undefined);
    const name = inClass ? undefined : groupName(source, at);
    if (name !== undefined) names.push(name);
    inClass = piece === '[' ? true : inClass && piece !== ']';
    text += name !== undefined ? '(' : isSkipped(piece, inClass, isExtended) ? '' : translateEscape(piece, inClass);
    at += name !== undefined ? source.indexOf('>', at) + 1 - at : piece.length;
  }
  return { text, names };
}

/** The part of a pattern that stands together at an offset outside of a character class. */
function pieceAt(source: string, at: number, isExtended: boolean): string {
  for (const [start, what] of UNSUPPORTED) {
    if (source.startsWith(start, at)) {
      raise(
        `Regex failure: ${what} are not supported: patterns run in linear time (RE2)`
          .replace('look-ahead are', 'look-ahead is')
          .replace('look-behind are', 'look-behind is'),
      );
    }
  }
  const character = source[at] as string;
  if (character === '\\') {
    if (/[1-9]/.test(source[at + 1] ?? ''))
      raise('Regex failure: back-references are not supported: patterns run in linear time (RE2)');
    return source.slice(at, at + 2);
  }
  if (isExtended && character === '#') {
    const end = source.indexOf('\n', at);
    return source.slice(at, end < 0 ? source.length : end + 1);
  }
  return character;
}

/** Characters of words, of numbers and blanks are those of Unicode in jq, and only ASCII's in RE2. */
const WORD = '\\p{L}\\p{M}\\p{Nd}\\p{Pc}';
const BLANK = '\\t-\\r \\x{85}\\p{Z}';
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\d', '\\p{Nd}'],
  ['\\D', '\\P{Nd}'],
  ['\\w', `[${WORD}]`],
  ['\\W', `[^${WORD}]`],
  ['\\s', `[${BLANK}]`],
  ['\\S', `[^${BLANK}]`],
  ['\\Z', '\\z'],
]);
const ESCAPES_IN_CLASS: ReadonlyMap<string, string> = new Map([
  ['\\d', '\\p{Nd}'],
  ['\\D', '\\P{Nd}'],
  ['\\w', WORD],
  ['\\s', BLANK],
]);

function translateEscape(piece: string, inClass: boolean): string {
  return (inClass ? ESCAPES_IN_CLASS : ESCAPES).get(piece) ?? piece;
}

function classPiece(source: string, at: number): string {
  if (source[at] === '\\') return source.slice(at, at + 2);
  const named = source.startsWith('[:', at) ? source.indexOf(':]', at) : -1;
  return named < 0 ? (source[at] as string) : source.slice(at, named + 2);
}

function groupName(source: string, at: number): string | undefined {
  const found = /^\(\?P?<([A-Za-z_]\w*)>/.exec(source.slice(at, at + 80));
  return found?.[1];
}

function isSkipped(piece: string, inClass: boolean, isExtended: boolean): boolean {
  return isExtended && !inClass && (piece.startsWith('#') || /^\s$/.test(piece));
}
