/** Bounds of reading a flow document, besides those of the document itself in `limits`. */
export const flowLimits = {
  /** Nesting of values in a document, aliases resolved: room for `limits.flowDepth` tasks inside each other. */
  nesting: 400,
  /** Pieces (words, marks, line ends) that the reader takes from a text; it reads about a million a second. */
  lexemes: 2_500_000,
  /** Values in a document, each counted as often as an alias repeats it. */
  values: 1_000_000,
  /** Problems that are told of one document. */
  problems: 200,
} as const;
