/**
 * Every bound of the JSON Schema validator, by name. A caller may give others for one schema. They are small enough
 * that neither a hostile schema nor hostile data can exhaust the stack, the memory or the patience of a server.
 */
export const schemaLimits = {
  /** Values (objects, arrays and scalars) in one schema document. */
  schemaNodes: 200_000,
  /** Nesting of one schema document. */
  schemaDepth: 128,
  /** Characters of one `pattern`. */
  patternCharacters: 4_096,
  /** Nesting of the data below the value that is validated. */
  dataDepth: 400,
  /** Schemas applied inside each other, references included. The stack of V8 overflows at about twice as many. */
  applicationDepth: 900,
  /** Schemas applied and members visited in one validation. */
  steps: 20_000_000,
  /** Characters of a text whose `format` is checked; no valid address, date or identifier is longer. */
  formatCharacters: 65_536,
  /** Problems that one validation returns before it stops. */
  maxProblems: 20,
} as const;

/** The type of `schemaLimits`, with numbers of any size. */
export type SchemaLimits = { readonly [Name in keyof typeof schemaLimits]: number };
