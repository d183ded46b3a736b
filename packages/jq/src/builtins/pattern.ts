import { RE2JS, type Matcher } from 're2js';
import type { Context } from '../compile/context.ts';
import { JqLimitError, raise } from '../errors.ts';
import { translatePattern } from './pattern-syntax.ts';

/** A regular expression ready to be run. */
export interface Pattern {
  readonly regex: RE2JS;
  /** Names of the groups, by number from 1; undefined for groups without one. */
  readonly names: readonly (string | undefined)[];
  /** Steps charged for each character the engine reads. */
  readonly cost: number;
}

/** What the letters of jq's flags ask for. */
export interface PatternFlags {
  readonly isGlobal: boolean;
  /** Matches of no characters are left out. */
  readonly skipsEmpty: boolean;
}

/** Patterns kept compiled. The oldest one is dropped, so a program that builds patterns from data can not fill the memory. */
const CACHE_SIZE = 256;
const cache = new Map<string, Pattern>();
/** Steps for compiling a pattern, and for each character of it. */
const COMPILE_COST = 100;
const COMPILE_COST_PER_CHARACTER = 4;
/** Steps for starting to match. */
const START_COST = 8;
/** Characters read for one step, with a small pattern. */
const CHARACTERS_PER_STEP = 6;
/** Instructions of a pattern that make reading a character cost as much again. */
const INSTRUCTIONS_PER_COST = 32;

/**
 * The compiled form of a pattern and its flags. An evaluation pays for each of its patterns once, whether
 * or not an earlier one has left it in the cache, so that it uses the same budget wherever it runs.
 */
export function compilePattern(source: string, letters: string, ctx: Context): Pattern {
  const key = `${letters}/${source}`;
  const paid = ctx.patterns.get(key);
  if (paid !== undefined) return paid;
  if (source.length > ctx.limits.patternLength) throw new JqLimitError('patternLength', ctx.limits.patternLength);
  ctx.spend(COMPILE_COST + source.length * COMPILE_COST_PER_CHARACTER);
  const pattern = cache.get(key) ?? keep(key, compileNew(source, letters));
  ctx.patterns.set(key, pattern);
  return pattern;
}

function keep(key: string, pattern: Pattern): Pattern {
  const [oldest] = cache.keys();
  if (cache.size >= CACHE_SIZE && oldest !== undefined) cache.delete(oldest);
  cache.set(key, pattern);
  return pattern;
}

/** Reads jq's flags: g, i, x, s, n, p, l. */
export function readFlags(letters: string): PatternFlags {
  if (!/^[gixsnpl]*$/.test(letters)) raise(`${letters} is not a valid modifier string`);
  return { isGlobal: letters.includes('g'), skipsEmpty: letters.includes('n') };
}

/** Starts matching a text; every character the engine reads is charged. */
export function startMatching(pattern: Pattern, text: string, ctx: Context): Matcher {
  ctx.spend(START_COST);
  return pattern.regex.matcher(new MeteredText(text, ctx, pattern.cost) as unknown as string);
}

function compileNew(source: string, letters: string): Pattern {
  const { text, names } = translatePattern(source, letters.includes('x'));
  let flags = 0;
  if (letters.includes('i')) flags |= RE2JS.CASE_INSENSITIVE;
  if (letters.includes('p')) flags |= RE2JS.DOTALL;
  if (letters.includes('l')) flags |= RE2JS.LONGEST_MATCH;
  try {
    const regex = RE2JS.compile(text, flags);
    const cost = (1 + regex.programSize() / INSTRUCTIONS_PER_COST) / CHARACTERS_PER_STEP;
    return { regex, names, cost };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    return raise(`Regex failure: ${reason}`);
  }
}

/**
 * A text that charges for each character read from it. The engine is linear in the text, but its
 * factor depends on the pattern, and repeated searches may read the same part again and again: only
 * what it really reads tells its work.
 */
class MeteredText extends String {
  private readonly text: string;
  private readonly ctx: Context;
  private readonly cost: number;

  constructor(text: string, ctx: Context, cost: number) {
    super(text);
    this.text = text;
    this.ctx = ctx;
    this.cost = cost;
  }

  override charCodeAt(index: number): number {
    this.ctx.spend(this.cost);
    return this.text.charCodeAt(index);
  }

  override indexOf(part: string, from?: number): number {
    const found = this.text.indexOf(part, from);
    const read = (found < 0 ? this.text.length : found) - (from ?? 0);
    this.ctx.spendCharacters(read);
    return found;
  }
}
