import { PawlError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { ActionDescription } from '../ports.ts';
import { compileField, compileTemplate } from './expression.ts';
import type { Expression, Template } from './expression.ts';
import type { TaskList, TaskNode, Then } from './nodes.ts';

/** Where a compiler finds the actions that a flow calls. */
export interface Catalog {
  describe(name: string): ActionDescription | undefined;
}

/** What the compilation of one flow shares. */
export interface Compiling {
  readonly document: JsonObject;
  readonly use: JsonObject;
  readonly catalog: Catalog;
  readonly nodes: Map<string, TaskNode>;
  /** Compiled when the first task asks. */
  extensions?: readonly CompiledExtension[];
  tasks: number;
  /** Compiles a nested list. */
  list(list: Json | undefined, place: PlaceIn): TaskList;
  /** Compiles branches: named tasks, none of which can go to another. */
  branches(list: Json | undefined, place: PlaceIn): TaskList;
}

/** An extension of `use.extensions`. */
export interface CompiledExtension {
  readonly pointer: string;
  readonly extend: string;
  readonly when?: Expression;
  readonly before: TaskList;
  readonly after: TaskList;
}

/** A place in the document: its pointer, its depth, and the names that loops and catches around it have bound. */
export interface PlaceIn {
  readonly pointer: string;
  readonly depth: number;
  readonly names: readonly string[];
  /** Tasks here belong to an extension: none is put around them. */
  readonly bare?: true;
}

/** Resolves a `then` within its list. */
export function resolveThen(then: Json | undefined, names: readonly string[], where: string): Then {
  if (then === undefined || then === 'continue') return 'continue';
  if (then === 'exit' || then === 'end') return then;
  const to = names.indexOf(String(then));
  if (to < 0)
    throw new PawlError('PAWL_FLOW_INVALID', `\`then: ${String(then)}\` at ${where} names no task of its list.`);
  return { to };
}

/** A `from` or `as`: a bare expression, or a template. */
export function transform(value: Json | undefined, variables: readonly string[], where: string): Template | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { kind: 'expression', expression: compileField(value, variables, where) };
  return compileTemplate(value, variables, where);
}

/** `{name: value}`, or nothing for an undefined value. */
export function defined<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [K in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: Value };
}

/** An object member, or an empty object. */
export function objectAt(owner: JsonObject, name: string): JsonObject {
  const value = owner[name];
  return isObject(value) ? value : {};
}

/** A name as a part of a JSON pointer. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
