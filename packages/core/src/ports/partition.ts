/** Number of partitions of a store, fixed for its life. A run's partition is the last byte of its id. */
export const partitionCount = 256;

/** The partition of a run id (a uuid whose last two hex digits name it). */
export function partitionOf(run: string): number {
  return Number.parseInt(run.slice(-2), 16);
}
