import { isObject } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { EgressFailure } from '../egress/failure.ts';
import { egressError, errorOf, FailedAttempt, terminal, unanswered } from '../failures.ts';
import { parseAnswer } from '../http/json-answer.ts';
import { asRuntime, isAnswerTo, messageText, resultOf } from '../json-rpc/messages.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';
import { givenBy } from '../run/arguments.ts';
import { Conversation } from '../run/conversation.ts';
import { notAllowed } from '../run/permissions.ts';
import type { ProgramEnd } from '../run/program.ts';
import { agreedVersion, initialize, initialized } from './handshake.ts';
import { judgeTool } from './tool-result.ts';

/** One message to a server that is started for it: a program of this machine that speaks over its standard input and output. */
export async function callByStdio(
  message: RpcMessage,
  transport: JsonObject,
  request: ActionRequest,
  context: Pick<ActionContext, 'cancellation' | 'left' | 'run'>,
): Promise<Outcome> {
  const { run, cancellation } = context;
  if (!run.allowed.has('shell')) throw notAllowed('MCP servers by stdio', 'shell');
  const dialogue = new Dialogue(message, request, context.left);
  const talk = new Conversation((line, say) => dialogue.hear(line, say), messageText(initialize(request.args)));
  const given = givenBy({ ...transport });
  const words = [String(transport['command']), ...given.arguments];
  const end = await run.programs.run({ words, ...given, talk }, cancellation, () => undefined);
  const outcome = dialogue.outcome ?? dialogue.endedEarly(end, talk.failure);
  return judgeTool(outcome, message, secretsIn(given.environment));
}

/** Values of the environment that may be secrets; short ones are none, and would be found in any text. */
function secretsIn(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(environment).filter((value) => value.length >= shortestSecret);
}

const shortestSecret = 8;

/** What is said to a server, and what it answers. */
class Dialogue {
  outcome: Outcome | undefined;
  #sent = false;
  readonly #message: RpcMessage;
  readonly #request: ActionRequest;
  readonly #left: () => void;

  constructor(message: RpcMessage, request: ActionRequest, left: () => void) {
    this.#message = message;
    this.#request = request;
    this.#left = left;
  }

  /** Takes a line of the server, and says whether there is more to be heard. */
  hear(line: string, say: (text: string) => void): boolean {
    const message = messageIn(line);
    if (message === undefined) return true;
    try {
      return this.#answer(message, say);
    } catch (error) {
      if (!(error instanceof FailedAttempt)) throw error;
      this.outcome = asRuntime(error.outcome);
      return false;
    }
  }

  /** The program is gone without an answer. */
  endedEarly(end: ProgramEnd, failure: string | undefined): Outcome {
    const what = `The MCP server ${this.#command}`;
    if (end instanceof Error) return terminal('configuration', `${what} could not be started: ${end.message}.`);
    const late = end === 'given up';
    if (late && !this.#sent) return { kind: 'cancelled' };
    const why = failure ?? (late ? 'did not answer in time' : `ended with the code ${end.code} without an answer`);
    const said =
      late || end.stderr.trim() === '' ? '' : ` It said: ${end.stderr.trim().replace(/\s+/g, ' ').slice(-300)}`;
    const error = errorOf(late ? 'timeout' : 'runtime', `${what} ${why}.${said}`);
    return this.#sent ? unanswered(error) : { kind: 'terminal', error };
  }

  get #command(): string {
    const transport = this.#request.args['transport'];
    const stdio = isObject(transport) ? transport['stdio'] : undefined;
    return isObject(stdio) ? String(stdio['command']) : '';
  }

  #answer(message: JsonObject, say: (text: string) => void): boolean {
    const { guarantee, args } = this.#request;
    const from = { doing: `${this.#message.method} at ${this.#command}`, secrets: [], refusals: [-32002] };
    if (!this.#sent && isAnswerTo(message, 1)) {
      agreedVersion(resultOf(message, { ...from, guarantee: 'pure' }), args);
      say(messageText(initialized));
      this.#left();
      this.#sent = true;
      say(messageText(this.#message));
    } else if (this.#sent && isAnswerTo(message, this.#message.id)) {
      this.outcome = { kind: 'completed', output: resultOf(message, { ...from, guarantee }) };
      return false;
    } else if (typeof message['method'] === 'string' && message['id'] !== undefined) {
      say(replyTo(message['method'], message['id']));
    }
    return true;
  }
}

/** The server may ask whether Pawl is there; anything else is not offered. */
function replyTo(method: string, id: Json): string {
  if (method === 'ping') return JSON.stringify({ jsonrpc: '2.0', id, result: {} });
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'not offered' } });
}

/** A message; undefined for a line that is none, such as a greeting. */
function messageIn(line: string): JsonObject | undefined {
  try {
    const value = parseAnswer(Buffer.from(line));
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof EgressFailure && error.reason === 'limit')
      throw new FailedAttempt({ kind: 'ambiguous', error: egressError(error, error.message) });
    return undefined;
  }
}
