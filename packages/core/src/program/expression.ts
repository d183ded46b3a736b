import type { Json as JqJson, Program } from '@pawl/jq';
import { compile, JqError, JqLimitError, JqSyntaxError } from '@pawl/jq';
import { PawlError } from '../errors.ts';
import { expressionOf, scanText } from '../flow/expression-text.ts';
import type { Json } from '../json.ts';
import { isObject } from '../json.ts';
import type { SecretUse } from '../secrets/paths.ts';
import { secretUseOf } from '../secrets/paths.ts';
import type { SecretMarks } from '../secrets/variable.ts';
import { secretsVariable } from '../secrets/variable.ts';
import { fault } from './fault.ts';

/** Where expressions find the values of their variables. */
export interface Variables {
  get(name: string): Json;
  /** Time of the evaluation (ms since the epoch): what jq's `now` gives, in seconds. */
  readonly now: number;
  /** What `$secrets` is; absent where no secret may be named. */
  readonly secrets?: SecretMarks;
}

/** One jq expression of a flow. */
export interface Expression {
  readonly source: string;
  readonly program: Program;
  /** Variables that it reads. */
  readonly variables: readonly string[];
  /** How it uses `$secrets`, where it does. */
  readonly secrets?: SecretUse;
}

/** A JSON value in which strings may be expressions. */
export type Template =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Template])[] };

/** Compiles jq that may use the variables named. Throws PAWL_FLOW_INVALID. */
function compileExpression(source: string, variables: readonly string[], where: string): Expression {
  try {
    const program = compile(source, { variables });
    const { variables: names } = program;
    return {
      source,
      program,
      variables: names,
      ...(names.includes('secrets') ? { secrets: secretUseOf(source) } : {}),
    };
  } catch (error) {
    if (!(error instanceof JqSyntaxError) && !(error instanceof JqLimitError)) throw error;
    throw new PawlError('PAWL_FLOW_INVALID', `The expression at ${where} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

/** Compiles the text of a field that takes nothing but an expression: the `${ }` around it may be left out. */
export function compileField(text: string, variables: readonly string[], where: string): Expression {
  return compileExpression(expressionOf(text).source, variables, where);
}

/** Compiles a value in which each string may be an expression, or text with expressions in it. */
export function compileTemplate(value: Json, variables: readonly string[], where: string): Template {
  if (typeof value === 'string') return compileText(value, variables, where);
  if (Array.isArray(value)) {
    const items = value.map((item: Json, i) => compileTemplate(item, variables, `${where}/${i}`));
    return items.every((item) => item.kind === 'constant') ? { kind: 'constant', value } : { kind: 'array', items };
  }
  if (!isObject(value)) return { kind: 'constant', value };
  const members = Object.entries(value).map(
    ([name, member]) => [name, compileTemplate(member, variables, `${where}/${name}`)] as const,
  );
  return members.every(([, member]) => member.kind === 'constant')
    ? { kind: 'constant', value }
    : { kind: 'object', members };
}

/** Variables that the expressions of a template read. */
export function variablesOf(template: Template): readonly string[] {
  switch (template.kind) {
    case 'constant':
      return [];
    case 'expression':
      return template.expression.variables;
    case 'text':
      return template.parts.flatMap((part) => (typeof part === 'string' ? [] : part.variables));
    case 'array':
      return template.items.flatMap(variablesOf);
    case 'object':
      return template.members.flatMap(([, member]) => variablesOf(member));
  }
}

/** The one value of an expression: null for none. More than one is an error, with the way out named. */
export function evaluate(expression: Expression, input: Json, variables: Variables): Json {
  const values: Record<string, JqJson> = {};
  for (const name of expression.variables) values[name] = valueOf(expression, name, variables) as JqJson;
  try {
    return expression.program.evaluate(input as JqJson, { variables: values, now: () => variables.now / 1000 }) ?? null;
  } catch (error) {
    throw expressionFault(expression.source, error);
  }
}

function valueOf(expression: Expression, name: string, variables: Variables): Json {
  return name === 'secrets' ? secretsVariable(expression.secrets, variables.secrets) : variables.get(name);
}

/** The value of a template. */
export function evaluateTemplate(template: Template, input: Json, variables: Variables): Json {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      return evaluate(template.expression, input, variables);
    case 'text':
      return template.parts
        .map((part) => (typeof part === 'string' ? part : textOf(evaluate(part, input, variables))))
        .join('');
    case 'array':
      return template.items.map((item) => evaluateTemplate(item, input, variables));
    case 'object':
      return evaluateMembers(template.members, input, variables);
  }
}

/** Whether a value counts as true: only false and null do not. */
export function truthy(value: Json): boolean {
  return value !== false && value !== null;
}

function compileText(text: string, variables: readonly string[], where: string): Template {
  const scanned = scanText(text);
  if (scanned.kind === 'literal') return { kind: 'constant', value: text };
  if (scanned.kind === 'expression')
    return { kind: 'expression', expression: compileExpression(scanned.source, variables, where) };
  return {
    kind: 'text',
    parts: scanned.parts.map((part) =>
      typeof part === 'string' ? part : compileExpression(part.source, variables, where),
    ),
  };
}

function evaluateMembers(members: readonly (readonly [string, Template])[], input: Json, variables: Variables): Json {
  const made: Record<string, Json> = {};
  for (const [name, member] of members) {
    const value = evaluateTemplate(member, input, variables);
    if (name === '__proto__')
      Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
    else made[name] = value;
  }
  return made;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function expressionFault(source: string, error: unknown): unknown {
  const shown = source.length > 120 ? `${source.slice(0, 120)}…` : source;
  if (error instanceof JqLimitError)
    return fault('expression', `The expression \`${shown}\` took too much (PAWL_EXPRESSION_LIMIT): ${error.message}`);
  if (error instanceof JqError)
    return fault(
      'expression',
      `The expression \`${shown}\` failed: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`,
    );
  return error;
}
