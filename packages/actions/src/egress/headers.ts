import { actionLimits } from '../limits.ts';
import { EgressFailure } from './failure.ts';

/**
 * Marks each request of a flow, so that no API of a Pawl takes one for a person's: a worker need not know where every
 * server of its database listens. A flow cannot set or leave it out.
 */
export const egressMark = 'pawl-egress';

/** Headers that the connection itself decides: a flow that sets them could smuggle a second request. */
const reserved: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'upgrade',
  'te',
  'trailer',
  'expect',
  egressMark,
]);

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters of Latin-1, blanks and tabs inside. */
const plainValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Checks the headers that a flow sets; throws an `invalid` failure that names the header. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!token.test(name))
      throw new EgressFailure('invalid', `${JSON.stringify(name.slice(0, 60))} is no valid header name.`);
    if (reserved.has(name.toLowerCase()))
      throw new EgressFailure('invalid', `The header ${name} is set by Pawl and cannot be given.`);
    if (!plainValue.test(value))
      throw new EgressFailure(
        'invalid',
        `The value of the header ${name} holds a line break or another character that headers cannot carry.`,
      );
    bytes += name.length + value.length + 4;
  }
  if (bytes > actionLimits.requestHeaderBytes)
    throw new EgressFailure('invalid', `The headers are larger than ${actionLimits.requestHeaderBytes} bytes.`);
}

/** Headers that hold no secret, and that a redirect to another origin takes along. */
const harmless: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'content-type',
  'content-language',
  'user-agent',
]);

/** Whether a header goes along to another origin: its name tells that it is no secret. */
export function keepsAcrossOrigins(name: string): boolean {
  return harmless.has(name.toLowerCase());
}
