import type { ActionContext } from '../action.ts';
import type { EgressAnswer, EgressRequest } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { parseUrl } from '../egress/url.ts';
import { createAuthenticator } from './authentication/authenticator.ts';
import type { BuiltRequest } from './request.ts';

/** What came of sending a request. */
export interface Sent {
  /** The answer, or why there is none. */
  readonly answer: EgressAnswer | EgressFailure;
  /** Whether the request that `answer` is about has left. One before it may have, but was refused (401). */
  readonly left: boolean;
  /** Values that no error or log may show. */
  readonly secrets: readonly string[];
}

/** How a request is sent. */
export interface Sending {
  /** Follow redirects. */
  readonly follow: boolean;
  /** Use a connection that cannot be dying: for what must not be sent twice. */
  readonly fresh: boolean;
  /** Says when the rest of an answer need not be waited for. */
  readonly enough?: EgressRequest['enough'];
}

/**
 * Sends a request with the credentials of its policy. One that its endpoint refuses for them (401) has had no effect, and
 * so goes out once more with other ones, where the policy has some. Rejects with an AuthenticationFailure.
 */
export async function send(
  built: BuiltRequest,
  sending: Sending,
  context: Pick<ActionContext, 'egress' | 'cancellation' | 'left'>,
): Promise<Sent> {
  const { policy, ...message } = built;
  const { egress, cancellation } = context;
  const authenticator = createAuthenticator(policy, {
    method: built.method,
    url: parseUrl(built.url),
    egress,
    cancellation,
  });
  const secrets: string[] = [];
  let credentials = await authenticator.first();
  let everLeft = false;
  for (;;) {
    secrets.push(...credentials.secrets);
    let left = false;
    const answer = await egress
      .request({
        ...message,
        credentials: credentials.credentials,
        cancellation,
        ...sending,
        onLeft: () => {
          // A redirect leaves again, and so does what was refused for its credentials; the attempt has left once.
          if (!everLeft) context.left();
          everLeft = true;
          left = true;
        },
      })
      .catch(failureOf);
    // What redirected has accepted the request, whatever the place says that it led to.
    if (answer instanceof EgressFailure || answer.status !== 401 || answer.redirects > 0)
      return { answer, left, secrets };
    const others = await authenticator.again(answer);
    if (others === undefined) return { answer, left, secrets };
    credentials = others;
  }
}

function failureOf(error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  throw error;
}
