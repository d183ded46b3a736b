import type { ErrorCode, PawlError } from './errors.ts';
import { errors } from './errors.ts';
import type { ErrorKind, FlowError } from './flow-error.ts';
import { flowError } from './flow-error.ts';

/** An error that Pawl threw on purpose, as an error of the flow language: its code, its status, and the kind that fits. */
export function flowErrorOf(error: PawlError): FlowError {
  return {
    ...flowError(kindOf(error.code), `${error.message} ${error.hint}`, { status: error.status }),
    // The title of the kind speaks of a schema, and a file has other ways to be wrong.
    ...(error.code === 'PAWL_FILE_INVALID' ? { title: errors[error.code].text } : {}),
    code: error.code,
  };
}

function kindOf(code: ErrorCode): ErrorKind {
  switch (code) {
    case 'PAWL_ACTION_INPUT':
    case 'PAWL_FILE_INVALID':
    case 'PAWL_INPUT_INVALID':
      return 'validation';
    case 'PAWL_FILE_FORBIDDEN':
    case 'PAWL_EGRESS':
    case 'PAWL_FORBIDDEN':
    case 'PAWL_SECRET_HOST':
    case 'PAWL_SECRET_UNKNOWN':
      return 'authorization';
    case 'PAWL_ACTION_UNKNOWN':
    case 'PAWL_CONNECTION_UNKNOWN':
    case 'PAWL_CONNECTION_FILE':
    case 'PAWL_RUN_NOT_ALLOWED':
    case 'PAWL_RUN_MISSING':
      return 'configuration';
    default:
      return 'runtime';
  }
}
