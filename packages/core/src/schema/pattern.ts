import { RE2JS } from 're2js';

/** A compiled `pattern`: whether it occurs in a text. */
export type Pattern = (text: string) => boolean;

/** A pattern that Pawl does not run, and why. */
export interface PatternRefusal {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Makes a pattern of JSON Schema (ECMA-262, with Unicode) ready to run in time linear in the text. What a linear
 * engine cannot do (look-around, back-references) is refused.
 */
export function compilePattern(source: string, maxCharacters: number): Pattern | PatternRefusal {
  if (source.length > maxCharacters) return { message: `is longer than ${maxCharacters} characters` };
  try {
    const expression = RE2JS.compile(new Translation(source).text());
    return (text) => expression.test(text);
  } catch (error) {
    if (error instanceof UnsupportedPattern) return { message: error.message, hint: error.hint };
    return { message: `is not a valid pattern: ${JSON.stringify(source)}`, hint: reason(error) };
  }
}

/** Makes a pattern ready to run by the engine of JavaScript, whose time may grow faster than the text. */
export function nativePattern(source: string): Pattern | PatternRefusal {
  try {
    const expression = new RegExp(source, 'u');
    return (text) => expression.test(text);
  } catch (error) {
    return { message: `is not a valid pattern: ${JSON.stringify(source)}`, hint: reason(error) };
  }
}

/** Whether a pattern uses look-around, the one thing that the native engine can do and the linear one cannot. */
export function usesLookAround(source: string): boolean {
  return /\(\?<?[=!]/.test(source.replaceAll(/\\./gs, ''));
}

class UnsupportedPattern extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace('error parsing regexp: ', '');
}

// What `\s` and `.` mean in ECMA-262, as ranges inside a class; RE2's own are narrower and wider.
const SPACE = '\\t-\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}';
const NOT_SPACE =
  '\\x{0}-\\x{8}\\x{E}-\\x{1F}!-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}\\x{200B}-\\x{2027}\\x{202A}-\\x{202E}' +
  '\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}\\x{3001}-\\x{FEFE}\\x{FF00}-\\x{10FFFF}';
const LINE_END = '\\n\\r\\x{2028}\\x{2029}';
const ANYTHING = '\\x{0}-\\x{10FFFF}';

/** Rewrites a pattern of ECMA-262 into RE2's syntax, one piece after the other. */
class Translation {
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  text(): string {
    let out = '';
    while (this.at < this.source.length) out += this.piece();
    return out;
  }

  private piece(): string {
    const rest = this.source.slice(this.at, this.at + 4);
    if (rest.startsWith('\\')) return this.escape(false);
    if (rest.startsWith('[')) return this.characterClass();
    if (rest.startsWith('.')) return this.take(1, `[^${LINE_END}]`);
    if (rest.startsWith('(')) return this.group(rest);
    // A count without a lower bound, `{,3}`, is plain text in ECMA-262.
    if (rest.startsWith('{,')) return this.take(1, '\\{');
    return this.take(1, rest[0] ?? '');
  }

  private take(length: number, translated: string): string {
    this.at += length;
    return translated;
  }

  private group(rest: string): string {
    if (/^\(\?<?[=!]/.test(rest)) {
      throw new UnsupportedPattern(
        'uses look-around, "(?=", "(?!", "(?<=" or "(?<!", which Pawl does not run',
        'Write it as two schemas in "allOf", or as "not" with a "pattern"; Pawl runs only patterns whose time grows no faster than the text.',
      );
    }
    // Nothing is captured: only the verdict counts, and RE2 is faster without.
    if (rest.startsWith('(?<')) {
      const end = this.source.indexOf('>', this.at);
      return this.take(end === -1 ? 3 : end - this.at + 1, '(?:');
    }
    return rest.startsWith('(?') ? this.take(2, '(?') : this.take(1, '(?:');
  }

  private characterClass(): string {
    this.at++;
    const negated = this.source[this.at] === '^';
    if (negated) this.at++;
    let members = '';
    while (this.at < this.source.length && this.source[this.at] !== ']') {
      const character = this.source[this.at] ?? '';
      if (character === '\\') members += this.escape(true);
      else members += this.take(1, character === '[' || character === '^' ? `\\${character}` : character);
    }
    if (this.at >= this.source.length) throw new Error('missing closing ]');
    this.at++;
    // `[]` matches nothing and `[^]` everything; RE2 would read the bracket as a member.
    if (members === '') return negated ? `[${ANYTHING}]` : `[^${ANYTHING}]`;
    return `[${negated ? '^' : ''}${members}]`;
  }

  private escape(inClass: boolean): string {
    const code = this.source[this.at + 1];
    if (code === undefined) throw new Error('trailing backslash');
    if (code === 's') return this.take(2, inClass ? SPACE : `[${SPACE}]`);
    if (code === 'S') return this.take(2, inClass ? NOT_SPACE : `[${NOT_SPACE}]`);
    if ('dDwWtnrfv'.includes(code)) return this.take(2, `\\${code}`);
    if (code === 'b' || code === 'B') return this.take(2, inClass ? '\\x{8}' : `\\${code}`);
    if (code === 'p' || code === 'P') return this.property(code);
    if (/[1-9]/.test(code) || code === 'k') {
      throw new UnsupportedPattern(
        `uses a back-reference, "\\${code}", which Pawl does not run`,
        'Pawl runs only patterns whose time grows no faster than the text.',
      );
    }
    return this.codePoint(code);
  }

  /** `\p{Script=Greek}` and `\p{L}`: RE2 has the same properties by their short names. */
  private property(code: string): string {
    const match = /^\\[pP]\{(?:(?:Script|sc|Script_Extensions|scx|General_Category|gc)=)?(\w+)\}/.exec(
      this.source.slice(this.at),
    );
    if (match === null) throw new Error(`invalid property \\${code}`);
    return this.take(match[0].length, `\\${code}{${GENERAL_CATEGORIES[match[1] ?? ''] ?? match[1]}}`);
  }

  private codePoint(code: string): string {
    const rest = this.source.slice(this.at, this.at + 12);
    const pair = /^\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(rest);
    if (pair !== null) {
      const character = String.fromCharCode(Number.parseInt(pair[1] ?? '', 16), Number.parseInt(pair[2] ?? '', 16));
      return this.take(12, hexadecimal(character.codePointAt(0) ?? 0));
    }
    const hex = /^\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest);
    if (hex !== null)
      return this.take(hex[0].length, hexadecimal(Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)));
    if (code === '0') return this.take(2, hexadecimal(0));
    if (code === 'c' && /^\\c[A-Za-z]/.test(rest)) return this.take(3, hexadecimal(rest.charCodeAt(2) % 32));
    if (/[A-Za-z0-9]/.test(code)) throw new Error(`unknown escape \\${code}`);
    const point = this.source.codePointAt(this.at + 1) ?? 0;
    return this.take(1 + String.fromCodePoint(point).length, hexadecimal(point));
  }
}

function hexadecimal(point: number): string {
  return `\\x{${point.toString(16)}}`;
}

const GENERAL_CATEGORIES: Readonly<Record<string, string>> = {
  Letter: 'L',
  Uppercase_Letter: 'Lu',
  Lowercase_Letter: 'Ll',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  Punctuation: 'P',
  Symbol: 'S',
  Separator: 'Z',
  Space_Separator: 'Zs',
  Other: 'C',
  Control: 'Cc',
};
