import { isUtf8 } from 'node:buffer';
import { PawlError } from '@pawl/core';
import type { Cancellation, ExternalReference } from '@pawl/core';
import type { Egress } from '../egress/egress.ts';
import { FailedAttempt } from '../failures.ts';
import { Documents } from './documents.ts';
import { notADocument } from './parse-document.ts';

/**
 * The text of what a flow names by address, read afresh. Rejects with a PawlError `PAWL_FLOW_RESOURCE` that says which
 * address could not be read and why.
 */
export async function readText(
  reference: ExternalReference,
  egress: Egress,
  cancellation: Cancellation,
): Promise<string> {
  const { uri, authentication, path } = reference;
  try {
    // Made for this read alone: what was read for an earlier version must not be taken for what is there now.
    const documents = new Documents(egress, textOf);
    const endpoint = authentication === undefined ? uri : { uri, authentication };
    return (await documents.get(endpoint, cancellation)).value;
  } catch (error) {
    if (!(error instanceof FailedAttempt)) throw error;
    throw new PawlError('PAWL_FLOW_RESOURCE', `${error.message} The flow names it at ${path}.`, { cause: error });
  }
}

function textOf(bytes: Buffer, shownUrl: string): string {
  if (!isUtf8(bytes)) throw notADocument(shownUrl, 'it is not UTF-8 text');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
