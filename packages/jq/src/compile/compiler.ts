import { type Builtin, findBuiltin } from '../builtins/registry.ts';
import { preludeDefinition } from '../builtins/prelude.ts';
import { exclusionOf } from '../builtins/excluded.ts';
import { JqSyntaxError, positionAt } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import { compileIndex, compileIterate, compileSlice } from './access.ts';
import { compileArray, compileObject } from './construct.ts';
import { compileAlternative, compileIf, compileLogic, compileTry } from './control.ts';
import { type Env, climb } from './context.ts';
import { type Filter, constantFilter, metered, oneFilter, type Traits } from './filter.ts';
import { compileBind, compileForeach, compileReduce } from './bind.ts';
import { compileCall, compileClosureCall, compileDefinition, defineFunction } from './functions.ts';
import { compileBreak, compileLabel } from './label.ts';
import { compileBinary, compileNegate } from './operators.ts';
import { comma, identityFilter, pipe } from './sequence.ts';
import { Scope, type UserFunction } from './scope.ts';
import { compileFormat, compileString } from './strings.ts';
import { compileUpdate } from './update.ts';

/** A variable was bound before its input was made, so it holds no part of it that may be changed. */
const VARIABLE: Partial<Traits> = { detached: true };

/** Compiles one program: resolves its names and turns each node into a filter. */
export class Compiler {
  readonly source: string;
  /** Names of the global variables the program uses, in the order of `Context.globals`. */
  readonly globals: string[] = [];
  private readonly available: ReadonlySet<string>;
  private readonly prelude = new Map<string, UserFunction>();

  constructor(source: string, available: ReadonlySet<string>) {
    this.source = source;
    this.available = available;
  }

  /** Compiles a node in a scope. */
  compile(node: Node, scope: Scope): Filter {
    return metered(this.compileNode(node, scope));
  }

  /** Compiles each node of a list in one scope. */
  compileAll(nodes: readonly Node[], scope: Scope): Filter[] {
    return nodes.map((node) => this.compile(node, scope));
  }

  /** An error at an offset of the program. */
  error(message: string, at: number, hint?: string): JqSyntaxError {
    return new JqSyntaxError(message, positionAt(this.source, at), hint);
  }

  private compileNode(node: Node, scope: Scope): Filter {
    switch (node.type) {
      case 'identity':
        return identityFilter;
      case 'recurse':
        return this.builtin('recurse', [], scope, node.at);
      case 'literal':
        return constantFilter(node.value);
      case 'string':
        return compileString(this, node, scope);
      case 'format':
        return compileFormat(this, node);
      case 'variable':
        return this.variable(node.name, node.at, scope);
      case 'index':
        return compileIndex(this, node, scope);
      case 'slice':
        return compileSlice(this, node, scope);
      case 'iterate':
        return compileIterate(this.compile(node.target, scope), node.optional);
      case 'array':
        return compileArray(node.body === undefined ? undefined : this.compile(node.body, scope));
      case 'object':
        return compileObject(this, node, scope);
      case 'pipe':
        return this.compileAll(node.parts, scope).reduceRight((rest, part) => metered(pipe(part, rest)));
      case 'comma':
        return this.compileAll(node.parts, scope).reduceRight((rest, part) => comma(part, rest));
      default:
        return this.compileForm(node, scope);
    }
  }

  private compileForm(node: Node, scope: Scope): Filter {
    switch (node.type) {
      case 'negate':
        return compileNegate(this.compile(node.operand, scope));
      case 'binary':
        return this.compileOperator(node, scope);
      case 'update':
        return compileUpdate(node.operator, this.compile(node.target, scope), this.compile(node.value, scope));
      case 'if':
        return compileIf(this, node, scope);
      case 'try':
        return compileTry(
          this.compile(node.body, scope),
          node.handler === undefined ? undefined : this.compile(node.handler, scope),
        );
      case 'reduce':
        return compileReduce(this, node, scope);
      case 'foreach':
        return compileForeach(this, node, scope);
      case 'bind':
        return compileBind(this, node, scope);
      case 'label':
        return compileLabel(this.compile(node.body, scope.push('label', node.name)));
      case 'break':
        return compileBreak(this, node, scope);
      case 'define':
        return compileDefinition(this, node, scope);
      case 'call':
        return this.call(node.name, this.compileAll(node.args, scope), scope, node.at);
      default:
        throw new Error(`unknown node ${node.type}`);
    }
  }

  private compileOperator(node: Node & { type: 'binary' }, scope: Scope): Filter {
    const left = this.compile(node.left, scope);
    const right = this.compile(node.right, scope);
    if (node.operator === '//') return compileAlternative(left, right);
    if (node.operator === 'and' || node.operator === 'or') return compileLogic(node.operator, left, right);
    return compileBinary(node.operator, left, right);
  }

  private variable(name: string, at: number, scope: Scope): Filter {
    const distance = scope.distance('variable', name);
    if (distance === undefined) return this.globalVariable(name, at);
    if (distance === 0) return oneFilter((_, env) => env.value as Json, 1, undefined, VARIABLE);
    if (distance === 1) return oneFilter((_, env) => (env.up as Env).value as Json, 1, undefined, VARIABLE);
    return oneFilter((_, env) => climb(env, distance).value as Json, 1 + distance / 8, undefined, VARIABLE);
  }

  private globalVariable(name: string, at: number): Filter {
    if (!this.available.has(name)) {
      const exclusion = exclusionOf(`$${name}`);
      throw this.error(exclusion?.message ?? `$${name} is not defined`, at, exclusion?.hint ?? this.knownVariables());
    }
    let index = this.globals.indexOf(name);
    if (index < 0) index = this.globals.push(name) - 1;
    return oneFilter((_, env) => env.ctx.global(index, name), 1, undefined, VARIABLE);
  }

  private knownVariables(): string {
    const names = [...this.available].map((name) => `$${name}`);
    return names.length === 0 ? 'No variables are available here.' : `Available here: ${names.join(', ')}.`;
  }

  private call(name: string, args: Filter[], scope: Scope, at: number): Filter {
    const callee = scope.callee(name, args.length);
    if (callee?.kind === 'function') return compileCall(callee.target, args, scope);
    if (callee !== undefined) return compileClosureCall(scope.depth - callee.depth);
    return this.builtin(name, args, scope, at);
  }

  /** A call of a builtin: native if there is one, else defined in the prelude. */
  private builtin(name: string, args: Filter[], scope: Scope, at: number): Filter {
    const native: Builtin | undefined = findBuiltin(name, args.length);
    if (native !== undefined) return native(args);
    const fromPrelude = this.preludeFunction(name, args.length);
    if (fromPrelude !== undefined) return compileCall(fromPrelude, args, scope);
    const exclusion = exclusionOf(name);
    if (exclusion !== undefined) throw this.error(exclusion.message, at, exclusion.hint);
    throw this.error(`${name}/${String(args.length)} is not defined`, at);
  }

  /** A function of the prelude, compiled once for the program, outside all of its scopes. */
  private preludeFunction(name: string, arity: number): UserFunction | undefined {
    const key = `${name}/${String(arity)}`;
    const known = this.prelude.get(key);
    if (known !== undefined) return known;
    const definition = preludeDefinition(name, arity);
    if (definition === undefined) return undefined;
    const target = defineFunction(this, definition, Scope.root);
    this.prelude.set(key, target);
    return target;
  }
}
