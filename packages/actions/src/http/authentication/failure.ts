import type { ErrorCode } from '@pawl/core';
import { errorOf, FailedAttempt } from '../../failures.ts';

/** No credentials could be got, and so nothing was done at the endpoint. The outcome is the attempt's. */
export class AuthenticationFailure extends FailedAttempt {
  override name = 'AuthenticationFailure';
}

/** A refusal for certain: asked again, the same question gets the same answer. `detail` must hold no secret. */
export function refusal(detail: string, code?: ErrorCode): AuthenticationFailure {
  const error = errorOf('authentication', detail, code === undefined ? {} : { code });
  return new AuthenticationFailure({ kind: 'terminal', error });
}

/** The token server cannot answer now; asked later, it may. */
export function notNow(detail: string, status: number, afterMs: number | undefined): AuthenticationFailure {
  const error = errorOf('communication', detail, { status });
  return new AuthenticationFailure({
    kind: 'retryable',
    left: false,
    error,
    ...(afterMs === undefined ? {} : { afterMs }),
  });
}
