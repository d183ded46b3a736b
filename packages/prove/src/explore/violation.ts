/** The invariants, by their names in the design. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'output';

/** A promise that was broken. `output`: something left, or was seen, before its commit. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}
