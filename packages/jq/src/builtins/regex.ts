import type { Context, Env } from '../compile/context.ts';
import { constantFilter, type Emit, type Filter, genFilter, oneFilter } from '../compile/filter.ts';
import { raise } from '../errors.ts';
import { type Json, type JsonObject, kindOf } from '../json.ts';
import { add } from '../values/arithmetic.ts';
import { describeKind } from '../values/describe.ts';
import { setOwn } from '../values/objects.ts';
import { codePointLength, isPlain } from '../values/text.ts';
import { type Builtin, type Builtins, combine, fromValues } from './builtin.ts';
import { compilePattern, readFlags, startMatching } from './pattern.ts';

/** The builtins on regular expressions. */
export const regex: Builtins = {
  'test/1': fromValues((input, [pattern], ctx) => test(input, ...patternAndFlags(pattern as Json), ctx)),
  'test/2': fromValues((input, [pattern, flags], ctx) => test(input, pattern as Json, flags as Json, ctx)),
  'match/1': matchWith(describeMatch),
  'match/2': matchWith(describeMatch),
  'capture/1': matchWith(captures),
  'capture/2': matchWith(captures),
  'scan/1': matchWith(scanned, 'g'),
  'scan/2': matchWith(scanned, 'g'),
  'split/2': ([pattern, flags]) => splitOf([pattern as Filter, flags as Filter], (parts, emit) => emit(parts)),
  'splits/1': splits,
  'splits/2': splits,
  'sub/2': ([pattern, replacement]) => substitute(pattern as Filter, replacement as Filter, undefined, ''),
  'sub/3': ([pattern, replacement, flags]) => substitute(pattern as Filter, replacement as Filter, flags, ''),
  'gsub/2': ([pattern, replacement]) => substitute(pattern as Filter, replacement as Filter, undefined, 'g'),
  'gsub/3': ([pattern, replacement, flags]) => substitute(pattern as Filter, replacement as Filter, flags, 'g'),
};

/** A group of a match, in UTF-16 units; -1 when it took no part. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly name: string | undefined;
}

interface Match {
  readonly text: string;
  /** True when offsets in the text are the same in code points. */
  readonly isPlain: boolean;
  readonly whole: Group;
  readonly groups: readonly Group[];
}

/** The pattern argument of `test(value)` and its kin: a string, or an array of a string and flags. */
function patternAndFlags(value: Json): [Json, Json] {
  if (typeof value === 'string') return [value, null];
  if (Array.isArray(value) && value.length > 0) return [value[0] as Json, value[1] ?? null];
  return raise(`${kindOf(value)} not a string or array`);
}

function requireTexts(input: Json, pattern: Json, flags: Json): { text: string; source: string; letters: string } {
  if (typeof input !== 'string') return raise(`${describeKind(input)} cannot be matched, as it is not a string`);
  if (typeof pattern !== 'string') return raise(`${describeKind(pattern)} is not a string`);
  if (typeof flags !== 'string' && flags !== null) return raise(`${describeKind(flags)} is not a string`);
  return { text: input, source: pattern, letters: flags ?? '' };
}

function test(input: Json, pattern: Json, flags: Json, ctx: Context): boolean {
  const { text, source, letters } = requireTexts(input, pattern, flags);
  const { skipsEmpty } = readFlags(letters);
  if (skipsEmpty) return matchesOf(input, pattern, flags, ctx).length > 0;
  return startMatching(compilePattern(source, letters, ctx), text, ctx).find();
}

/** The matches of a pattern: the first one, or with the flag g all of them. */
function matchesOf(input: Json, pattern: Json, flags: Json, ctx: Context): Match[] {
  const { text, source, letters } = requireTexts(input, pattern, flags);
  const { isGlobal, skipsEmpty } = readFlags(letters);
  const compiled = compilePattern(source, letters, ctx);
  const matcher = startMatching(compiled, text, ctx);
  const matches: Match[] = [];
  ctx.spendText(text.length);
  const plain = isPlain(text);
  while (matcher.find()) {
    ctx.spend(4 + compiled.names.length);
    const whole: Group = { start: matcher.start(), end: matcher.end(), name: undefined };
    if (!skipsEmpty || whole.end > whole.start) {
      const groups = compiled.names.map((name, i) => ({ start: matcher.start(i + 1), end: matcher.end(i + 1), name }));
      matches.push({ text, isPlain: plain, whole, groups });
    }
    if (!isGlobal && matches.length > 0) break;
  }
  return matches;
}

function textOf(match: Match, group: Group): string | null {
  return group.start < 0 ? null : match.text.slice(group.start, group.end);
}

/** Filters that give something for each match, the last argument in the outer loop. */
function matchWith(finish: (match: Match, ctx: Context) => Json, extraFlags = ''): Builtin {
  return (args) =>
    genFilter((input, env, emit) =>
      combine(args, input, env, ([pattern, flags]) => {
        const [source, letters] = flags === undefined ? patternAndFlags(pattern as Json) : [pattern as Json, flags];
        const { ctx } = env;
        const withExtra = extraFlags === '' ? letters : add(letters, extraFlags, ctx);
        for (const match of matchesOf(input, source, withExtra, ctx)) {
          ctx.spend(1);
          if (emit(finish(match, ctx))) return true;
        }
        return false;
      }),
    );
}

/** The object that `match` gives, with offsets and lengths in code points. */
function describeMatch(match: Match, ctx: Context): Json {
  const { text, whole, isPlain: plain } = match;
  const points = (from: number, to: number): number => (plain ? to - from : codePointLength(text.slice(from, to)));
  if (!plain) ctx.spendCharacters(whole.end);
  const start = points(0, whole.start);
  const captures = match.groups.map((group) => {
    const name = group.name ?? null;
    if (group.start < 0) return { offset: -1, string: null, length: 0, name };
    ctx.spendCharacters(group.end - whole.start);
    const offset = start + points(whole.start, group.start);
    return { offset, length: points(group.start, group.end), string: text.slice(group.start, group.end), name };
  });
  return {
    offset: start,
    length: points(whole.start, whole.end),
    string: text.slice(whole.start, whole.end),
    captures,
  };
}

/** The named groups of a match. */
function captures(match: Match): JsonObject {
  const object: JsonObject = {};
  for (const group of match.groups) {
    if (group.name !== undefined) setOwn(object, group.name, textOf(match, group));
  }
  return object;
}

/** What `scan` gives for a match: its groups if it has some, else its text. */
function scanned(match: Match): Json {
  if (match.groups.length === 0) return textOf(match, match.whole);
  return match.groups.map((group) => textOf(match, group));
}

function splitBy(input: Json, pattern: Json, flags: Json, ctx: Context): Json[] {
  const parts: Json[] = [];
  let from = 0;
  for (const { whole } of matchesOf(input, pattern, add(flags, 'g', ctx), ctx)) {
    parts.push((input as string).slice(from, whole.start));
    from = whole.end;
  }
  parts.push((input as string).slice(from));
  return parts;
}

function splits(args: readonly Filter[]): Filter {
  return splitOf(args, (parts, emit) => parts.some((part) => emit(part)));
}

/** Splits by each pattern and, in the inner loop, with each of the flags. */
function splitOf(args: readonly Filter[], send: (parts: Json[], emit: Emit) => boolean): Filter {
  const [pattern, flags = constantFilter(null)] = args as [Filter, Filter?];
  return genFilter((input, env, emit) =>
    pattern.gen(input, env, (source) =>
      flags.gen(input, env, (letters) => {
        const parts = splitBy(input, source, letters, env.ctx);
        env.ctx.spend(1 + parts.length);
        return send(parts, emit);
      }),
    ),
  );
}

/** `sub` and `gsub`: the replacement runs on the named groups, and each of its outputs makes a result. */
function substitute(pattern: Filter, replacement: Filter, flags: Filter | undefined, extraFlags: string): Filter {
  const replace = (input: Json, source: Json, letters: Json, env: Env): string[] => {
    const { ctx } = env;
    const matches = matchesOf(input, source, add(letters, extraFlags, ctx), ctx);
    return replaceAll(input as string, matches, (match) => outputsOf(replacement, captures(match), env), ctx);
  };
  if (pattern.one !== undefined && flags === undefined && replacement.one !== undefined) {
    const { one } = pattern;
    return oneFilter((input, env) => replace(input, one(input, env), null, env)[0] ?? input, pattern.weight + 4);
  }
  const args = flags === undefined ? [pattern] : [pattern, flags];
  return genFilter((input, env, emit) =>
    combine(args, input, env, ([source, letters]) => {
      for (const result of replace(input, source as Json, letters ?? null, env)) {
        env.ctx.spend(1);
        if (emit(result)) return true;
      }
      return false;
    }),
  );
}

function outputsOf(replacement: Filter, groups: JsonObject, env: Env): Json[] {
  const outputs: Json[] = [];
  replacement.gen(groups, env, (value) => {
    outputs.push(value);
    return false;
  });
  return outputs;
}

/** The results of a replacement: the i-th one takes the i-th output for every match. */
function replaceAll(
  text: string,
  matches: readonly Match[],
  outputs: (match: Match) => Json[],
  ctx: Context,
): string[] {
  if (matches.length === 0) return [text];
  const results: string[] = [];
  let from = 0;
  for (const match of matches) {
    const gap = text.slice(from, match.whole.start);
    for (const [i, output] of outputs(match).entries()) {
      if (typeof output !== 'string') return raise(`${describeKind(gap)} and ${describeKind(output)} cannot be added`);
      results[i] = (results[i] ?? '') + gap + output;
      ctx.checkString(results[i].length);
      ctx.buildText(gap.length + output.length);
    }
    from = match.whole.end;
  }
  const rest = text.slice(from);
  return results.length === 0 ? [text] : results.map((result) => ctx.newText((result ?? '') + rest));
}
