import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { ErrorKind } from '../flow-error.ts';
import type { Json } from '../json.ts';

/** Carries an error of the flow language out of an evaluation, up to the step that raises it. */
export class FlowFault extends Error {
  readonly error: FlowError;

  constructor(error: FlowError) {
    super(error.detail ?? error.title ?? error.type);
    this.name = 'FlowFault';
    this.error = error;
  }
}

/** A fault of a standard kind. */
export function fault(kind: ErrorKind, detail: string): FlowFault {
  return new FlowFault(flowError(kind, detail));
}

/** What a value is, for the text of an error. */
export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A value for the text of an error: at most 80 characters of it, and of what may be large or deep only what it is. */
export function shown(value: Json): string {
  if (typeof value === 'object' && value !== null) return kindOf(value);
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
