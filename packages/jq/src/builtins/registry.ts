import { arrays } from './arrays.ts';
import type { Context } from '../compile/context.ts';
import { type Builtin, type Builtins, fromInput } from './builtin.ts';
import { core } from './core.ts';
import { dates } from './dates.ts';
import { generators } from './generators.ts';
import { math } from './math.ts';
import { objects } from './objects.ts';
import { paths } from './paths.ts';
import { PRELUDE_NAMES } from './prelude.ts';
import { regex } from './regex.ts';
import { strings } from './strings.ts';

export type { Builtin } from './builtin.ts';

const TABLES: readonly Builtins[] = [core, math, strings, regex, arrays, objects, paths, generators, dates];
const NATIVE: ReadonlyMap<string, Builtin> = new Map([
  ...TABLES.flatMap((table) => Object.entries(table)),
  ['builtins/0', fromInput((_, ctx) => listed(ctx))],
]);

/** The native builtin of a name and a number of arguments, if there is one. */
export function findBuiltin(name: string, arity: number): Builtin | undefined {
  return NATIVE.get(`${name}/${String(arity)}`);
}

function listed(ctx: Context): string[] {
  const names = builtinNames();
  ctx.spend(names.length);
  return names;
}

/** All builtins, as `name/arity`, sorted. */
export function builtinNames(): string[] {
  return [...NATIVE.keys(), ...PRELUDE_NAMES].filter((name) => !name.startsWith('_')).sort();
}
