import { isObject } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { FailedAttempt, terminal } from '../failures.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';

const defaultVersion = '2025-06-18';
/** Versions whose messages are those that Pawl sends. */
const spoken: readonly string[] = ['2024-11-05', '2025-03-26', defaultVersion, '2025-11-25'];

/** The first message: what Pawl speaks and who it is. It offers nothing that a server could ask of it. */
export function initialize(args: JsonObject): RpcMessage {
  const client = isObject(args['client']) ? args['client'] : { name: 'pawl', version: '1' };
  const protocolVersion = String(args['protocolVersion'] ?? defaultVersion);
  return { id: 1, method: 'initialize', params: { protocolVersion, capabilities: {}, clientInfo: client } };
}

/** What follows it once the server has answered. */
export const initialized: RpcMessage = { method: 'notifications/initialized' };

/** The version that the server has agreed to. Throws a FailedAttempt for one that Pawl does not speak. */
export function agreedVersion(answer: Json, args: JsonObject): string {
  const version = isObject(answer) ? answer['protocolVersion'] : undefined;
  if (typeof version === 'string' && (spoken.includes(version) || version === args['protocolVersion'])) return version;
  const shown = typeof version === 'string' ? version.slice(0, 60) : 'no version at all';
  throw new FailedAttempt(
    terminal(
      'runtime',
      `The server speaks MCP in the version ${shown}, Pawl in ${spoken.join(', ')}. Nothing was called.`,
    ),
  );
}
