import type { Json, JsonObject } from '../json.ts';
import { LimitReached, Run } from './check.ts';
import type { Check } from './check.ts';
import { Compiler } from './compiler.ts';
import { schemaLimits } from './limits.ts';
import type { SchemaLimits } from './limits.ts';
import { rootPlace, toProblem } from './problems.ts';
import type { SchemaProblem } from './problems.ts';

/** How a schema is compiled. */
export interface SchemaOptions {
  /** Bounds that differ from `schemaLimits`. */
  readonly limits?: Partial<SchemaLimits>;
  /** Whether `format` refuses values (the default) or only describes them. */
  readonly formats?: 'assert' | 'annotate';
  /** Other schema documents that `$ref` may name, by their absolute URI. Nothing else is ever loaded. */
  readonly definitions?: Readonly<Record<string, Json>>;
  /**
   * What happens to a `pattern` with look-around. `refuse` (the default) is right for every schema from outside;
   * `native` runs such a pattern by the engine of JavaScript, whose time has no bound: only for schemas that ship with
   * Pawl and whose patterns were read.
   */
  readonly lookAround?: 'refuse' | 'native';
}

/** A schema made ready for any number of values. */
export interface Validator {
  /** What is wrong with a value; empty when it is valid. Stops after `maxProblems`. */
  validate(value: Json): readonly SchemaProblem[];
  /** Whether a value is valid: the fast path, for rows by the million. */
  accepts(value: Json): boolean;
}

/** A validator, or what is wrong with the schema: `path` and `schemaPath` then both point into the schema. */
export type SchemaResult =
  | { readonly ok: true; readonly value: Validator }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

/**
 * Compiles a JSON Schema (2020-12; `definitions` and `dependencies` of older drafts work too) to closures. Never
 * throws, never loads anything, never evaluates code. Unknown keywords and formats describe and refuse nothing.
 */
export function compileSchema(schema: Json, options: SchemaOptions = {}): SchemaResult {
  const limits = { ...schemaLimits, ...options.limits };
  const documents = Object.entries(options.definitions ?? {});
  for (const [name, document] of [['', schema] as const, ...documents]) {
    const problem = sizeProblem(name, document, limits);
    if (problem !== null) return { ok: false, problems: [problem] };
  }
  const compiler = new Compiler({
    limits,
    assertFormats: options.formats !== 'annotate',
    nativeLookAround: options.lookAround === 'native',
  });
  for (const [name, document] of documents) compiler.addDefinition(name, document);
  const check = compiler.compile(schema);
  if (compiler.problems.length > 0) return { ok: false, problems: compiler.problems.slice(0, limits.maxProblems) };
  return { ok: true, value: validatorOf(check, () => new Run(limits, !compiler.usesDynamicScope())) };
}

function validatorOf(check: Check, newRun: () => Run): Validator {
  const run = newRun();
  const accepts = (value: Json): boolean => {
    run.reset();
    try {
      return check(value, run, null, null);
    } catch (error) {
      if (error instanceof LimitReached) return false;
      throw error;
    }
  };
  return { accepts, validate: (value) => (accepts(value) ? [] : explain(check, value, newRun())) };
}

/** Validates again, slowly, to say what is wrong with a value that was refused. */
function explain(check: Check, value: Json, run: Run): readonly SchemaProblem[] {
  try {
    check(value, run, rootPlace, null);
    return run.findings.map(toProblem);
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    const finding = { place: error.place ?? rootPlace, schemaPath: '', keyword: 'limit', message: error.message };
    return [toProblem(finding)];
  }
}

/** Walks a document without recursion, so that later steps may recurse into it safely; also ends in a cyclic one. */
function sizeProblem(name: string, document: Json, limits: SchemaLimits): SchemaProblem | null {
  const problem = (message: string): SchemaProblem => ({ path: '', schemaPath: name, keyword: 'limit', message });
  const pending: (readonly [Json, number])[] = [[document, 0]];
  let nodes = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next;
    if (++nodes > limits.schemaNodes) return problem(`has more than ${limits.schemaNodes} values`);
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= limits.schemaDepth) return problem(`is nested more than ${limits.schemaDepth} levels deep`);
    for (const member of Object.values(value as JsonObject)) pending.push([member, depth + 1]);
  }
  return null;
}
