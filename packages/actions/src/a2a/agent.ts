import { isObject } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import type { Egress } from '../egress/egress.ts';
import { readPolicy } from '../http/authentication/policy.ts';
import { endpointOf } from '../json-rpc/post.ts';
import type { RpcTarget } from '../json-rpc/post.ts';
import { Documents } from '../resource/documents.ts';
import { notADocument, parseDocument } from '../resource/parse-document.ts';

/** Where an agent is: as the step says, or else as the agent's card does. Rejects with a FailedAttempt. */
export async function findAgent(
  args: JsonObject,
  { egress, cancellation }: Pick<ActionContext, 'egress' | 'cancellation'>,
): Promise<RpcTarget> {
  if (args['server'] !== undefined) {
    const { uri, authentication } = endpointOf(args['server']);
    return { url: uri, headers: {}, policy: readPolicy(authentication) };
  }
  const endpoint = isObject(args['agentCard']) ? args['agentCard']['endpoint'] : undefined;
  const card = await cardsOf(egress).get(endpoint, cancellation);
  const { uri, authentication } = endpointOf(endpoint);
  const address = addressIn(card.value);
  if (address === undefined || !URL.canParse(address, card.url.href))
    throw notADocument(uri, 'it names no address at which the agent takes JSON-RPC');
  const url = new URL(address, card.url.href);
  // Whoever may read the card may not be meant to speak with another server in the same name.
  const own = url.origin === new URL(uri).origin;
  return { url: url.href, headers: {}, policy: readPolicy(own ? authentication : undefined) };
}

/** Where a card says that the agent takes JSON-RPC: as its main transport, as a further one, or in the form of A2A 1.0. */
function addressIn(card: JsonObject): string | undefined {
  const main = card['preferredTransport'] ?? 'JSONRPC';
  if (main === 'JSONRPC' && typeof card['url'] === 'string') return card['url'];
  const further = [...listOf(card['additionalInterfaces']), ...listOf(card['supportedInterfaces'])];
  const found = further.find(
    (each) => isObject(each) && (each['transport'] === 'JSONRPC' || each['protocolBinding'] === 'JSONRPC'),
  );
  return isObject(found) && typeof found['url'] === 'string' ? found['url'] : undefined;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

const cards = new WeakMap<Egress, Documents<JsonObject>>();

function cardsOf(egress: Egress): Documents<JsonObject> {
  const known = cards.get(egress) ?? new Documents(egress, parseDocument);
  cards.set(egress, known);
  return known;
}
