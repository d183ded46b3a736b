import { createHash } from 'node:crypto';

/** The uuid by which an event is found: part of the sha-256 of what makes it unique. */
export function eventKey({
  workspace,
  source,
  id,
}: {
  readonly workspace: string;
  readonly source: string;
  readonly id: string;
}): string {
  const hex = sha256(JSON.stringify([workspace, source, id]));
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Hex digits of a step's key: 48 bits, which a number holds. */
const stepDigits = 12;

/** The number by which the step of a listener is found. */
export function stepKey(step: string): number {
  return Number.parseInt(sha256(step).slice(0, stepDigits), 16);
}

/** sha-256 of a text, lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
