import type { Pattern } from '../builtins/pattern.ts';
import { JqLimitError, raise } from '../errors.ts';
import type { Json } from '../json.ts';
import type { JqLimits } from '../limits.ts';
import { takeListedMembers } from '../values/to-json.ts';
import type { Filter } from './filter.ts';

/** Steps for catching an error: unwinding costs the host far more than a plain step. */
const CATCH_COST = 4;
/** Array elements copied for one step of work. */
const ELEMENTS_PER_STEP = 32;
/** Characters read or written for one step of work. */
const CHARACTERS_PER_STEP = 64;
/** Characters of new text for one step of work: the host copies them in bulk. */
const BUILT_CHARACTERS_PER_STEP = 256;
/** Characters of a joined text that is brought into one piece for one step of work. */
const JOINED_CHARACTERS_PER_STEP = 64;
/** A text up to this long is read within the step that reads it. */
const SHORT_TEXT = 64;
/** A text up to this long is brought into one piece within the step that reads it. */
const SHORT_JOINED_TEXT = 4096;
/** Pairs of characters compared by a search for one step of work. */
const SEARCHED_PAIRS_PER_STEP = 1024;
/** Object members copied or visited for one step of work. */
const MEMBERS_PER_STEP = 1;

/** The state of one evaluation: what is left of its budget and what the caller gave. */
export class Context {
  readonly limits: JqLimits;
  /** Values of the program's global variables, in the order of `Program.variables`. */
  readonly globals: readonly (Json | undefined)[];
  /** Seconds since the epoch, or undefined when the caller gave no clock. */
  readonly now: (() => number) | undefined;
  /** Set once a NaN or an infinity was computed: the results must then be cleaned. */
  nonFinite = false;
  /** Function calls in progress. */
  calls = 0;
  /** The call a tail position asks its trampoline to make. */
  tailBody: Filter | undefined;
  tailEnv: Env | undefined;
  tailInput: Json = null;
  private fuel: number;
  private usedPatterns: Map<string, Pattern> | undefined;
  private text: number;

  constructor(limits: JqLimits, globals: readonly (Json | undefined)[], now: (() => number) | undefined) {
    this.limits = limits;
    this.globals = globals;
    this.now = now;
    this.fuel = limits.steps;
    this.text = limits.textLength;
    // What an earlier program left uncaught is not this one's to pay.
    takeListedMembers();
  }

  /** The patterns this evaluation has paid for. */
  get patterns(): Map<string, Pattern> {
    this.usedPatterns ??= new Map();
    return this.usedPatterns;
  }

  /** The value of a global variable. */
  global(index: number, name: string): Json {
    const value = this.globals[index];
    return value === undefined ? raise(`$${name} has no value`) : value;
  }

  /** Charges steps of work. */
  spend(steps: number): void {
    this.fuel -= steps;
    if (this.fuel < 0) throw new JqLimitError('steps', this.limits.steps);
  }

  /** Charges the copying or visiting of array elements. */
  spendElements(count: number): void {
    this.spend(1 + count / ELEMENTS_PER_STEP);
  }

  /** Charges the copying or visiting of object members. */
  spendMembers(count: number): void {
    this.spend(1 + count / MEMBERS_PER_STEP);
  }

  /** Charges the reading of characters. */
  spendCharacters(count: number): void {
    this.spend(1 + count / CHARACTERS_PER_STEP);
  }

  /** Charges the reading of a text that is mostly short: a key, or what two texts have in common. */
  spendText(length: number): void {
    if (length > SHORT_TEXT) this.spend(length / CHARACTERS_PER_STEP);
  }

  /** Charges the first look into a text: the host brings one that was joined into one piece then. */
  spendJoined(length: number): void {
    if (length > SHORT_JOINED_TEXT) this.spend(length / JOINED_CHARACTERS_PER_STEP);
  }

  /** Charges the search for a part in a text, which may compare the whole part at every position. */
  spendSearch(text: number, part: number): void {
    const positions = Math.max(0, text - part);
    this.spendCharacters(text + part);
    this.spend((positions * part) / SEARCHED_PAIRS_PER_STEP);
  }

  /** Charges the catching of an error, and the making of its message. */
  spendCatch(): void {
    this.spend(CATCH_COST + takeListedMembers() / MEMBERS_PER_STEP);
  }

  /** Charges text newly built. */
  buildText(length: number): void {
    this.text -= length;
    if (this.text < 0) throw new JqLimitError('textLength', this.limits.textLength);
    this.fuel -= length / BUILT_CHARACTERS_PER_STEP;
    if (this.fuel < 0) throw new JqLimitError('steps', this.limits.steps);
  }

  /** Refuses a string that is too long. */
  checkString(length: number): void {
    if (length > this.limits.stringLength) throw new JqLimitError('stringLength', this.limits.stringLength);
  }

  /** Refuses an array that is too long. */
  checkArray(length: number): void {
    if (length > this.limits.arrayLength) throw new JqLimitError('arrayLength', this.limits.arrayLength);
  }

  /** Refuses a value that is nested too deep. */
  checkDepth(depth: number): void {
    if (depth > this.limits.depth) throw new JqLimitError('depth', this.limits.depth);
  }

  /** Accounts for a new string and gives it back. */
  newText(text: string): string {
    this.checkString(text.length);
    this.buildText(text.length);
    return text;
  }

  /** Notes a number that JSON can not hold and gives it back. */
  number(value: number): number {
    if (!Number.isFinite(value)) this.nonFinite = true;
    return value;
  }
}

/** What a scope holds at run time: a variable's value, a closure argument, or a label's token. */
export type Slot = Json | Closure | BreakToken;

/** A link of the chain of scopes. The chain is immutable, so a closure can keep a part of it. */
export class Env {
  readonly ctx: Context;
  readonly value: Slot;
  readonly up: Env | undefined;

  constructor(ctx: Context, value: Slot, up: Env | undefined) {
    this.ctx = ctx;
    this.value = value;
    this.up = up;
  }
}

/** A filter given as an argument, with the scope it was written in. */
export class Closure {
  readonly filter: Filter;
  readonly env: Env;

  constructor(filter: Filter, env: Env) {
    this.filter = filter;
    this.env = env;
  }
}

/** Thrown by `break`; caught by the `label` that made it. */
export class BreakToken {}

/** The scope `distance` links up. */
export function climb(env: Env, distance: number): Env {
  let at = env;
  for (let left = distance; left > 0; left--) at = at.up as Env;
  return at;
}
