/** Hex digits of randomness in a run id. */
const entropyDigits = 17;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

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

/** Whether a run id was made with this entropy, at whatever time. */
export function isMadeWith(run: string, entropy: string): boolean {
  const partition = Number.parseInt(run.slice(-2), 16);
  return newRunId(0, partition, entropy).slice(14) === run.slice(14);
}

/** Whether a text can be a run's id. */
export function isRunId(text: string): boolean {
  return uuid.test(text);
}
