import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { ErrorKind } from '../flow-error.ts';

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
