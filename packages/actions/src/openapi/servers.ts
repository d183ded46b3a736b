import { isObject } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { notADocument } from '../resource/parse-document.ts';
import type { Operation } from './operation.ts';
import { textsIn } from './references.ts';
import type { Description } from './references.ts';

/** The address that an operation's path is put behind, without a slash at its end. What it leaves open is that of the document. */
export function serverOf(description: Description, operation: Operation, swagger: boolean, documentUrl: URL): string {
  const address = swagger
    ? swaggerServer(description.root, operation, documentUrl)
    : openApiServer(description, operation, documentUrl);
  if (!URL.canParse(address)) throw notADocument(description.shownUrl, 'the address of its server is no URL');
  const url = new URL(address);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function swaggerServer(root: JsonObject, { definition }: Operation, documentUrl: URL): string {
  const own = textsIn(definition['schemes']);
  const schemes = own.length > 0 ? own : textsIn(root['schemes']);
  const scheme = ['https', 'http'].find((each) => schemes.includes(each)) ?? documentUrl.protocol.slice(0, -1);
  const host = typeof root['host'] === 'string' ? root['host'] : documentUrl.host;
  const basePath = typeof root['basePath'] === 'string' ? root['basePath'] : '';
  return `${scheme}://${host}/${basePath.replace(/^\/+/, '')}`;
}

/** The first server that the operation, its path or the whole API names; its variables have their defaults. */
function openApiServer(description: Description, operation: Operation, documentUrl: URL): string {
  const servers = [operation.definition, operation.item, description.root]
    .map((owner) => description.list(owner['servers']))
    .find((list) => list.length > 0);
  const server = description.object(servers?.[0]);
  const template = typeof server['url'] === 'string' ? server['url'] : '/';
  const variables = description.object(server['variables']);
  const address = template.replace(/\{([^{}]*)\}/g, (_, name: string) => defaultOf(variables[name]));
  return URL.canParse(address, documentUrl.href) ? new URL(address, documentUrl.href).href : address;
}

function defaultOf(variable: Json | undefined): string {
  const value = isObject(variable) ? variable['default'] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
