import type { Node } from '@pawl/jq';
import type { ObjectShape, Shape } from './shape.ts';

/** What is told while a program is looked at. `at`: offset in its source. */
export interface Tell {
  /** A member is read that no object which comes here has. */
  unknownField(at: number, name: string, objects: readonly ObjectShape[]): void;
  /** The program asks whether there is such a member, so whoever wrote it knows that there may be none. */
  asked(name: string, objects: readonly ObjectShape[]): void;
  /** Something fails whatever comes here. */
  fails(at: number, why: string): void;
}

/** What a part of a program is looked at with. */
export interface Inferring {
  readonly variables: ReadonlyMap<string, Shape>;
  /** Functions that the program defines itself. */
  readonly defined: ReadonlySet<string>;
  /** Whether it is no mistake here if something is missing, or fails. */
  readonly guarded: boolean;
  /** Whether this part is reached for certain, so that what fails here always fails. */
  readonly certain: boolean;
  /** What gives the objects that the program makes. */
  readonly origin: string;
  readonly tell: Tell;
  /** Looks at a part of the program. */
  readonly infer: (node: Node, dot: Shape, c: Inferring) => Shape;
}

/** A condition: a path that stands for itself asks whether something is there. */
export function inferCondition(node: Node, dot: Shape, c: Inferring): void {
  if (node.type === 'binary' && (node.operator === 'and' || node.operator === 'or')) {
    inferCondition(node.left, dot, c);
    inferCondition(node.right, dot, uncertain(c));
  } else {
    c.infer(node, dot, isPath(node) ? guarded(c) : c);
  }
}

/** The same, where a part may never be reached. */
export function uncertain(c: Inferring): Inferring {
  return c.certain ? { ...c, certain: false } : c;
}

/** The same, where nothing is a mistake. */
export function guarded(c: Inferring): Inferring {
  return c.guarded ? c : { ...c, guarded: true };
}

/** Whether a program only reads a part of its input, or of a variable. */
export function isPath(node: Node): boolean {
  if (node.type === 'identity' || node.type === 'variable') return true;
  if (node.type === 'index' || node.type === 'iterate') return isPath(node.target);
  return node.type === 'pipe' && node.parts.every(isPath);
}
