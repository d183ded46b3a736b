/** How much is known of data at most. What would need more is `any`: nothing is said of it. */
export const typeLimits = {
  /** Parts of one shape. */
  size: 1_000,
  /** Shapes in one that is either of them. */
  alternatives: 8,
  /** Levels of nesting of a shape. */
  depth: 16,
  /** Levels of tasks that are followed. */
  taskDepth: 40,
  /** Loops around a task whose running value is followed: each may look at its tasks twice. */
  loops: 2,
  /** Names of members that a message lists. */
  named: 12,
} as const;
