/** Hex digits of randomness in a run id. */
const entropyDigits = 17;

/**
 * A run id: a version 7 UUID of this time (ms), whose last byte is the partition. `entropy`: at least 17 hex digits.
 */
export function newRunId(at: number, partition: number, entropy: string): string {
  const time = Math.trunc(at).toString(16).padStart(12, '0');
  const variant = (8 + (Number.parseInt(entropy.slice(0, 1), 16) % 4)).toString(16);
  const last = partition.toString(16).padStart(2, '0');
  const random = entropy.slice(1, entropyDigits);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6, 16)}${last}`;
}
