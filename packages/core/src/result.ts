/** What is wrong with a document or an input, said so that its author can mend it. */
export interface Problem {
  /** Stable code, such as `PAWL_FLOW_THEN_UNKNOWN`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** JSON pointer into the document or the data. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** 1-based position in the source text, where it is known. */
  readonly line?: number;
  readonly column?: number;
}

/** An expected failure as a value: parsing and validation return it, they don't throw. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };
