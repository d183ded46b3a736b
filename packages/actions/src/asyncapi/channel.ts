import { isObject, nearestHint } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { FailedAttempt, terminal } from '../failures.ts';
import { memberOf } from '../openapi/references.ts';
import type { Description } from '../openapi/references.ts';
import { notADocument } from '../resource/parse-document.ts';

/** Where a message goes, whichever version describes it. */
export interface Channel {
  /** Its address on a server, such as a path. */
  readonly address: string;
  readonly definition: JsonObject;
  /** The operation that sends to it; empty where none is described. */
  readonly operation: JsonObject;
  readonly message: JsonObject;
}

/** Whether a description is one of AsyncAPI 2, else of 3. Throws a FailedAttempt for any other document. */
function isVersion2({ root, shownUrl }: Description): boolean {
  const version = root['asyncapi'];
  if (typeof version === 'string' && /^[23]\.\d/.test(version)) return version.startsWith('2');
  throw notADocument(shownUrl, 'it describes no API in AsyncAPI 2 or 3');
}

/** The channel that the arguments name, or that their operation has. Throws a FailedAttempt that names the nearest one. */
export function findChannel(description: Description, args: JsonObject): Channel {
  const find = isVersion2(description) ? inVersion2 : inVersion3;
  return find(description, args);
}

function inVersion2(description: Description, { channel, operation }: JsonObject): Channel {
  const channels = description.object(description.root['channels']);
  const operations = Object.entries(channels).flatMap(([address, value]) => {
    const definition = description.object(value);
    return ['publish', 'subscribe'].map((verb) => ({
      address,
      definition,
      operation: description.object(definition[verb]),
    }));
  });
  if (typeof channel === 'string') {
    const definition = memberOf(channels, channel);
    if (definition === undefined) throw unknown(description, 'channel', channel, Object.keys(channels));
    const found = operations.find(({ address, operation: own }) => address === channel && Object.keys(own).length > 0);
    const own = found?.operation ?? {};
    return {
      address: channel,
      definition: description.object(definition),
      operation: own,
      message: messageOf(description, own['message']),
    };
  }
  const id = String(operation);
  const found = operations.find((each) => each.operation['operationId'] === id);
  const known = operations.flatMap((each) =>
    typeof each.operation['operationId'] === 'string' ? [each.operation['operationId']] : [],
  );
  if (found === undefined) throw unknown(description, 'operation', id, known);
  return { ...found, message: messageOf(description, found.operation['message']) };
}

function inVersion3(description: Description, { channel, operation }: JsonObject): Channel {
  const channels = description.object(description.root['channels']);
  const operations = description.object(description.root['operations']);
  if (typeof channel === 'string') {
    const value = memberOf(channels, channel);
    if (value === undefined) throw unknown(description, 'channel', channel, Object.keys(channels));
    return channelOf(description, description.object(value), {});
  }
  const id = String(operation);
  const value = memberOf(operations, id);
  if (value === undefined) throw unknown(description, 'operation', id, Object.keys(operations));
  const own = description.object(value);
  return channelOf(description, description.object(own['channel']), own);
}

function channelOf(description: Description, definition: JsonObject, operation: JsonObject): Channel {
  const address = typeof definition['address'] === 'string' ? definition['address'] : '';
  const [first] = [
    ...description.list(operation['messages']),
    ...Object.values(description.object(definition['messages'])),
  ];
  return { address, definition, operation, message: messageOf(description, first) };
}

/** The message of an operation; of several the first. */
function messageOf(description: Description, value: Json | undefined): JsonObject {
  const message = description.object(value);
  const [first] = description.list(message['oneOf']);
  return first === undefined ? message : description.object(first);
}

function unknown({ shownUrl }: Description, what: string, name: string, known: readonly string[]): FailedAttempt {
  const hint = nearestHint(name, known);
  const detail = `The API of ${shownUrl} has no ${what} ${name}${hint === undefined ? '' : `: ${hint}`}. Nothing was sent.`;
  return new FailedAttempt(terminal('configuration', detail));
}

/** The members of an object that is there. */
export function membersOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
