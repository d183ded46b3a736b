import type { Json } from '../json.ts';
import type { Finding, Place } from './problems.ts';

/** What is remembered at once; when there is more, all is forgotten, so that memory stays flat for any data. */
const MAX_REMEMBERED = 10_000;

/** Whether a value satisfied a schema, and what was found there; nothing where no one asked. */
export interface Verdict {
  readonly valid: boolean;
  readonly place: Place | null;
  readonly findings: readonly Finding[];
}

/**
 * The verdicts of the schemas that references lead to, during one validation. Without it, choices whose branches look
 * into the same member double the work at every level of the data: a loop in a loop in a loop is a `for` task, and its
 * `do` is tried as a `do` task as well.
 */
export class Memo {
  private verdicts = new Map<object, Map<Json, Verdict>>();
  private size = 0;

  clear(): void {
    if (this.size === 0) return;
    this.verdicts = new Map();
    this.size = 0;
  }

  get(target: object, value: Json): Verdict | undefined {
    return this.verdicts.get(target)?.get(value);
  }

  set(target: object, value: Json, verdict: Verdict): void {
    if (++this.size > MAX_REMEMBERED) this.clear();
    let ofTarget = this.verdicts.get(target);
    if (ofTarget === undefined) {
      ofTarget = new Map();
      this.verdicts.set(target, ofTarget);
    }
    ofTarget.set(value, verdict);
  }
}
