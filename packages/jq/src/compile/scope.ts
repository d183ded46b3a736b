import type { Definition } from '../syntax/ast.ts';
import type { Filter } from './filter.ts';

/** A function of the program; `body` is there once it is compiled. */
export interface UserFunction {
  readonly definition: Definition;
  /** Links in the environment where the function is defined. */
  readonly depth: number;
  body: Filter | undefined;
}

/** What a name means. `depth` counts the links of the environment up to and including its own. */
export type Binding =
  | { readonly kind: 'variable' | 'label'; readonly name: string; readonly depth: number }
  | { readonly kind: 'closure'; readonly name: string; readonly depth: number }
  | { readonly kind: 'function'; readonly name: string; readonly arity: number; readonly target: UserFunction };

/** The names visible at a place of the program, innermost first. */
export class Scope {
  /** Links of the environment at this place. */
  readonly depth: number;
  private readonly binding: Binding | undefined;
  private readonly up: Scope | undefined;

  private constructor(depth: number, binding: Binding | undefined, up: Scope | undefined) {
    this.depth = depth;
    this.binding = binding;
    this.up = up;
  }

  static readonly root: Scope = new Scope(0, undefined, undefined);

  /** The scope with one more link in the environment. */
  push(kind: 'variable' | 'label' | 'closure', name: string): Scope {
    const depth = this.depth + 1;
    return new Scope(depth, { kind, name, depth }, this);
  }

  /** The scope with a function, which takes no link. */
  define(target: UserFunction): Scope {
    const { name, params } = target.definition;
    return new Scope(this.depth, { kind: 'function', name, arity: params.length, target }, this);
  }

  /** How many links up a variable or a label is, or undefined. */
  distance(kind: 'variable' | 'label', name: string): number | undefined {
    const found = Scope.search(this, (binding) => binding.kind === kind && binding.name === name);
    return found === undefined || found.kind === 'function' ? undefined : this.depth - found.depth;
  }

  /** The function or closure argument a call means, or undefined for a builtin. */
  callee(name: string, arity: number): Exclude<Binding, { kind: 'variable' | 'label' }> | undefined {
    const found = Scope.search(this, (binding) => binding.name === name && arityOf(binding) === arity);
    return found?.kind === 'function' || found?.kind === 'closure' ? found : undefined;
  }

  /** The innermost binding that a test accepts. */
  private static search(scope: Scope, accepts: (binding: Binding) => boolean): Binding | undefined {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.up) {
      if (at.binding !== undefined && accepts(at.binding)) return at.binding;
    }
    return undefined;
  }
}

/** Arguments a name is called with; undefined for what can not be called. */
function arityOf(binding: Binding): number | undefined {
  if (binding.kind === 'function') return binding.arity;
  return binding.kind === 'closure' ? 0 : undefined;
}
