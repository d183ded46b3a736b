import type { Json } from '../json.ts';
import type { SchemaLimits } from './limits.ts';
import { Memo } from './memo.ts';
import type { Finding, Place } from './problems.ts';
import type { Resource } from './refs.ts';

/**
 * A compiled schema or keyword: whether the value satisfies it. With a place it also reports what is wrong and goes
 * on; with null it stops at the first refusal, which is the fast path. `seen` collects what `unevaluatedProperties` and
 * `unevaluatedItems` of an enclosing schema need to know; null when no one asks.
 */
export type Check = (value: Json, run: Run, place: Place | null, seen: Seen | null) => boolean;

/** Satisfied by every value. */
export const acceptAll: Check = () => true;

/** Thrown inside a validation that met a bound of the validator; it never leaves the validator. */
export class LimitReached extends Error {
  readonly place: Place | null;

  constructor(message: string, place: Place | null) {
    super(message);
    this.place = place;
  }
}

const STEPS_BEFORE_MEMO = 1_000;

/** The state of one validation. */
export class Run {
  readonly limits: SchemaLimits;
  /** What was found so far; replaced for a while when the branches of a choice are tried. */
  findings: Finding[] = [];
  /** The schema resources entered, outermost first: the dynamic scope of `$dynamicRef`. */
  readonly scope: Resource[] = [];
  /** Verdicts of this validation. */
  readonly memo = new Memo();
  private readonly memoizes: boolean;
  private steps = 0;
  private depth = 0;
  private dataDepth = 0;

  /** `memoizes`: whether a verdict depends on the schema and the value alone; not so with `$dynamicRef`. */
  constructor(limits: SchemaLimits, memoizes: boolean) {
    this.limits = limits;
    this.memoizes = memoizes;
  }

  /** Makes the state new, so that one object serves millions of values. */
  reset(): void {
    this.findings = [];
    this.scope.length = 0;
    this.memo.clear();
    this.steps = 0;
    this.depth = 0;
    this.dataDepth = 0;
  }

  /** Counts one schema applied inside the current one; each has its `leave`. */
  apply(place: Place | null): void {
    this.countSteps(1, place);
    if (++this.depth > this.limits.applicationDepth) {
      throw new LimitReached('is nested too deeply for this schema, or the schema refers to itself without end', place);
    }
  }

  /** Ends what `apply` began. */
  leave(): void {
    this.depth--;
  }

  /** Counts going down into the members of a value; each has its `ascend`. */
  descend(members: number, place: Place | null): void {
    if (++this.dataDepth > this.limits.dataDepth)
      throw new LimitReached(`is nested more than ${this.limits.dataDepth} levels deep`, place);
    this.countSteps(members, place);
  }

  /** Counts work whose amount the data decides. */
  countSteps(steps: number, place: Place | null): void {
    this.steps += steps;
    if (this.steps > this.limits.steps)
      throw new LimitReached(`takes more than ${this.limits.steps} steps to check`, place);
  }

  /** Ends what `descend` began. */
  ascend(): void {
    this.dataDepth--;
  }

  /** Notes a finding, when there is a place to note it for. Always false, so that a check can return it. */
  fail(place: Place | null, finding: () => Omit<Finding, 'place'>): false {
    if (place !== null && !this.isFull()) this.findings.push({ place, ...finding() });
    return false;
  }

  /** Takes over findings that were kept apart. Always false. */
  adopt(findings: readonly Finding[]): false {
    for (const finding of findings) if (!this.isFull()) this.findings.push(finding);
    return false;
  }

  /** Whether to remember verdicts: it costs more than it saves while a validation is short. */
  remembers(place: Place | null): boolean {
    return this.memoizes && (place !== null || this.steps > STEPS_BEFORE_MEMO);
  }

  /** Whether there are as many findings as are wanted. */
  isFull(): boolean {
    return this.findings.length >= this.limits.maxProblems;
  }
}

/** What the schemas applied to one object or list have looked at: the annotations behind the unevaluated keywords. */
export class Seen {
  everyProperty = false;
  everyItem = false;
  /** Items before this index were looked at. */
  prefix = 0;
  private names: Set<string> | null = null;
  private indexes: Set<number> | null = null;

  addProperty(name: string): void {
    this.names ??= new Set();
    this.names.add(name);
  }

  addItem(index: number): void {
    this.indexes ??= new Set();
    this.indexes.add(index);
  }

  hasProperty(name: string): boolean {
    return this.everyProperty || (this.names !== null && this.names.has(name));
  }

  hasItem(index: number): boolean {
    return this.everyItem || index < this.prefix || (this.indexes !== null && this.indexes.has(index));
  }

  /** Adds what a branch that holds has looked at. */
  merge(branch: Seen): void {
    this.everyProperty ||= branch.everyProperty;
    this.everyItem ||= branch.everyItem;
    this.prefix = Math.max(this.prefix, branch.prefix);
    if (branch.names !== null) for (const name of branch.names) this.addProperty(name);
    if (branch.indexes !== null) for (const index of branch.indexes) this.addItem(index);
  }
}
