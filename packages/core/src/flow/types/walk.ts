import type { JsonObject } from '../../json.ts';
import type { LintOptions } from '../lint/report.ts';
import type { ListSite, TaskSite } from '../lint/sites.ts';
import type { Programs } from './programs.ts';
import type { ObjectShape, Shape } from './shape.ts';
import { anyShape, joined, same } from './shape.ts';

/** What is known between two tasks. */
export interface State {
  /** The data that goes from one to the other. */
  readonly value: Shape;
  readonly context: Shape;
}

/** Nothing is known. */
export const unknownState: State = { value: anyShape, context: anyShape };

/** Where something is evaluated. */
export interface Place {
  /** JSON pointer of the value or text. */
  readonly path: string;
  readonly dot: Shape;
  readonly variables: ReadonlyMap<string, Shape>;
  /** What gives the objects that are made here. */
  readonly origin: string;
}

/** How a task ends. */
export interface TaskEnd {
  /** What goes on where the task was done; undefined where it never ends well. */
  readonly state: State | undefined;
  /** Where it may go then: `continue`, `exit`, `end`, or tasks. */
  readonly targets: ReadonlySet<string>;
  /** What goes on where its `if` did not hold. */
  readonly skipped?: State;
}

/** What the body of a task works with. */
export interface BodyScope {
  readonly site: TaskSite;
  /** The transformed input, and the context. */
  readonly state: State;
  /** Variables that tasks around it bind. */
  readonly names: ReadonlyMap<string, Shape>;
  readonly variables: ReadonlyMap<string, Shape>;
  /** A place in the body. */
  readonly at: (path: string) => Place;
}

/** How the body of a task ends; `targets` replace the task's own `then`. */
export interface BodyEnd {
  readonly state: State | undefined;
  readonly targets?: readonly string[];
}

/** Something that an expression does which cannot be meant. */
export interface Finding {
  readonly path: string;
  readonly source: string;
  /** Where the source begins within the text that holds it. */
  readonly offset: number;
  /** Where in the source. */
  readonly at: number;
  readonly what:
    | { readonly kind: 'field'; readonly name: string; readonly objects: readonly ObjectShape[] }
    | { readonly kind: 'fails'; readonly why: string };
}

/** A function of `use.functions`: what a call of it gives. */
export interface FunctionEnd {
  /** Undefined: it never ends well. */
  readonly output: Shape | undefined;
  /** Whether it may change the context. */
  readonly exports: boolean;
}

/** A walk over a flow in the order in which its data moves. */
export interface Walk {
  readonly document: JsonObject;
  readonly catalog: LintOptions['catalog'];
  readonly lists: ReadonlyMap<string, ListSite>;
  readonly functions: ReadonlyMap<string, TaskSite>;
  readonly programs: Programs;
  /** Follows the data through a task. */
  readonly task: (walk: Walk, site: TaskSite, from: State, names: ReadonlyMap<string, Shape>) => TaskEnd;
  /** Variables that are there everywhere. */
  readonly variables: ReadonlyMap<string, Shape>;
  /** Whether tasks of extensions may change the context and what tasks give. */
  readonly extended: boolean;
  findings: Finding[];
  /** Members of which the flow asks somewhere whether they are there, as `questionOf` writes them. */
  readonly asked: Set<string>;
  /** States in which the run may end from deep inside. */
  ended: State | undefined;
  /** Contexts that were exported so far. */
  readonly exported: Shape[];
  readonly functionEnds: Map<string, FunctionEnd | 'open'>;
  /** Loops around where the walk is. */
  loops: number;
  /** Levels of tasks around where the walk is. */
  depth: number;
}

/** How a member of an object is remembered as one that may be missing. */
export function questionOf(object: ObjectShape, name: string): string {
  return `${object.origin}\n${name}`;
}

/** What is known where several ways come together. */
export function joinedStates(a: State | undefined, b: State | undefined): State | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { value: joined(a.value, b.value), context: joined(a.context, b.context) };
}

/** Whether two states say the same. */
export function sameStates(a: State, b: State): boolean {
  return same(a.value, b.value) && same(a.context, b.context);
}
