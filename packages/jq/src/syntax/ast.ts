import type { Json } from '../json.ts';

/** A node of a program. `at` is the offset of the node's first character, or of its operator. */
export type Node = { readonly at: number } & NodeBody;

/** The binary operators that compute a value from two. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or' | '//';
/** The operators that change places of their input. */
export type UpdateOperator = '=' | '|=' | '+=' | '-=' | '*=' | '/=' | '%=' | '//=';

export type NodeBody =
  | { readonly type: 'identity' }
  | { readonly type: 'recurse' }
  | { readonly type: 'literal'; readonly value: Json }
  | { readonly type: 'string'; readonly format: string | undefined; readonly parts: readonly (string | Node)[] }
  | { readonly type: 'format'; readonly name: string }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'index'; readonly target: Node; readonly key: Node; readonly optional: boolean }
  | {
      readonly type: 'slice';
      readonly target: Node;
      readonly from: Node | undefined;
      readonly to: Node | undefined;
      readonly optional: boolean;
    }
  | { readonly type: 'iterate'; readonly target: Node; readonly optional: boolean }
  | { readonly type: 'array'; readonly body: Node | undefined }
  | { readonly type: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly type: 'pipe'; readonly parts: readonly Node[] }
  | { readonly type: 'comma'; readonly parts: readonly Node[] }
  | { readonly type: 'negate'; readonly operand: Node }
  | { readonly type: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly type: 'update'; readonly operator: UpdateOperator; readonly target: Node; readonly value: Node }
  | { readonly type: 'if'; readonly branches: readonly IfBranch[]; readonly otherwise: Node | undefined }
  | { readonly type: 'try'; readonly body: Node; readonly handler: Node | undefined }
  | {
      readonly type: 'reduce';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly init: Node;
      readonly update: Node;
    }
  | {
      readonly type: 'foreach';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly init: Node;
      readonly update: Node;
      readonly extract: Node | undefined;
    }
  | { readonly type: 'bind'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly body: Node }
  | { readonly type: 'label'; readonly name: string; readonly body: Node }
  | { readonly type: 'break'; readonly name: string }
  | { readonly type: 'define'; readonly definition: Definition; readonly body: Node }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Node[] };

export interface IfBranch {
  readonly condition: Node;
  readonly then: Node;
}

export interface ObjectEntry {
  readonly key: Node;
  readonly value: Node;
}

/** `def name(params): body;` A parameter that starts with `$` takes a value, any other one a filter. */
export interface Definition {
  readonly at: number;
  readonly name: string;
  readonly params: readonly string[];
  readonly body: Node;
}

/** What stands between `as` and `|`: a variable, or the shape of an array or an object. */
export type Pattern =
  | { readonly type: 'variable'; readonly name: string; readonly at: number }
  | { readonly type: 'array'; readonly items: readonly Pattern[]; readonly at: number }
  | { readonly type: 'object'; readonly entries: readonly PatternEntry[]; readonly at: number };

/** `key: pattern`. With `variable`, the key's value is bound to that name as well (`$name` or `$name: pattern`). */
export interface PatternEntry {
  readonly key: Node;
  readonly variable: string | undefined;
  readonly pattern: Pattern | undefined;
}
