import type { JsonObject } from '../../json.ts';
import {
  anyObject,
  boolean,
  closed,
  either,
  integer,
  listOf,
  mapOf,
  oneMember,
  oneOfTexts,
  open,
  ref,
  string,
} from './build.ts';

/** Arguments of the protocols that the language itself can call, by the name that `call` gives. */
export const protocolArguments: JsonObject = {
  http: closed(
    {
      method: string,
      endpoint: ref('endpoint'),
      headers: either(mapOf(string), ref('expression')),
      body: true,
      query: either(mapOf(string), ref('expression')),
      output: httpOutput(),
      redirect: boolean,
    },
    ['method', 'endpoint'],
  ),
  openapi: closed(
    {
      document: ref('resource'),
      operationId: string,
      parameters: anyObject,
      authentication: ref('usedAuthentication'),
      output: httpOutput(),
      redirect: boolean,
    },
    ['document', 'operationId'],
  ),
  grpc: closed({ proto: ref('resource'), service: grpcService(), method: string, arguments: anyObject }, [
    'proto',
    'service',
    'method',
  ]),
  asyncapi: asyncApi(),
  a2a: closed(
    {
      agentCard: ref('resource'),
      server: ref('endpoint'),
      method: oneOfTexts(
        ...['message/send', 'message/stream', 'agent/getAuthenticatedExtendedCard'],
        ...['get', 'list', 'cancel', 'resubscribe'].map((verb) => `tasks/${verb}`),
        ...['set', 'get', 'list', 'delete'].map((verb) => `tasks/pushNotificationConfig/${verb}`),
      ),
      parameters: either({ type: 'object', minProperties: 1 }, string),
    },
    ['method'],
  ),
  mcp: open(
    {
      protocolVersion: string,
      method: oneOfTexts(
        'tools/list',
        'tools/call',
        'prompts/list',
        'prompts/get',
        'resources/list',
        'resources/read',
        'resources/templates/list',
      ),
      parameters: either(anyObject, string),
      timeout: ref('duration'),
      transport: mcpTransport(),
      client: open({ name: string, version: string }, ['name', 'version']),
    },
    ['method', 'transport'],
  ),
};

function httpOutput(): JsonObject {
  return oneOfTexts('raw', 'content', 'response');
}

function grpcService(): JsonObject {
  const host = { type: 'string', pattern: '^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$' };
  const port = { type: 'integer', minimum: 0, maximum: 65_535 };
  return closed({ name: string, host, port, authentication: ref('usedAuthentication') }, ['name', 'host']);
}

function asyncApi(): JsonObject {
  const until = oneMember('amount', 'while', 'until');
  const consume = closed(
    { for: ref('duration'), amount: integer, while: ref('expression'), until: ref('expression') },
    [],
    until,
  );
  const protocols = [
    'amqp',
    'amqp1',
    'anypointmq',
    'googlepubsub',
    'http',
    'ibmmq',
    'jms',
    'kafka',
    'mercure',
    'mqtt',
    'mqtt5',
    'nats',
  ];
  return closed(
    {
      document: ref('resource'),
      channel: string,
      operation: string,
      server: closed({ name: string, variables: anyObject }, ['name']),
      protocol: oneOfTexts(...protocols, 'pulsar', 'redis', 'sns', 'solace', 'sqs', 'stomp', 'ws'),
      message: closed({ payload: anyObject, headers: anyObject }),
      subscription: closed({ filter: ref('expression'), consume, foreach: ref('foreach') }, ['consume']),
      authentication: ref('usedAuthentication'),
    },
    ['document'],
    { allOf: [oneMember('operation', 'channel'), oneMember('message', 'subscription')] },
  );
}

function mcpTransport(): JsonObject {
  return open(
    {
      http: open({ endpoint: ref('endpoint'), headers: mapOf(string) }, ['endpoint']),
      stdio: open({ command: string, arguments: listOf(string), environment: mapOf(string) }, ['command']),
      options: mapOf(string),
    },
    [],
    oneMember('http', 'stdio'),
  );
}
