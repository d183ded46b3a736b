import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json, JsonObject } from '@pawl/core';
import { answerJson, bodyText, serve } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';

/** A message that a server got. */
export interface Got {
  readonly verb: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: JsonObject;
}

/** A server of MCP by Streamable HTTP, whose answers a test may change. */
export interface McpServer extends TestServer {
  readonly got: Got[];
  /** Answers the message after the handshake; default: its parameters. */
  answer: (message: JsonObject, response: ServerResponse) => void;
  version: string;
  initializeStatus: number;
}

/** Starts one. */
export async function mcpServer(): Promise<McpServer> {
  const state = {
    got: [] as Got[],
    answer: (message: JsonObject, response: ServerResponse): void =>
      answerResult(response, message, message['params'] ?? null),
    version: '2025-06-18',
    initializeStatus: 200,
  };
  const server = await serve((request, response) => void handle(request, response));
  const made: McpServer = Object.assign(server, state);
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyText(request);
    const message = (text === '' ? {} : JSON.parse(text)) as JsonObject;
    made.got.push({ verb: request.method ?? '', headers: request.headers as Record<string, string>, message });
    if (message['method'] === 'initialize') {
      if (made.initializeStatus !== 200) return answerJson(response, { no: true }, made.initializeStatus);
      response.setHeader('mcp-session-id', 's-1');
      return answerResult(response, message, { protocolVersion: made.version, capabilities: {} });
    }
    if (message['id'] === undefined) return void response.writeHead(202).end();
    made.answer(message, response);
  }
  return made;
}

/** Answers with a result, as JSON. */
export function answerResult(response: ServerResponse, message: JsonObject, result: Json): void {
  answerJson(response, { jsonrpc: '2.0', id: message['id'], result });
}

/** Writes messages as a stream of events, and leaves it open. */
export function streamMessages(response: ServerResponse, messages: readonly Json[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const message of messages)
    response.write(`: keep\r\nevent: message\r\nid: 1\r\ndata: ${JSON.stringify(message)}\r\n\r\n`);
}
