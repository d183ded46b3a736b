import { isObject } from '@pawl/core';
import type { Json, Outcome } from '@pawl/core';
import { terminal } from '../failures.ts';
import { quoteText } from '../http/quote.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';
import { actionLimits } from '../limits.ts';

/** A tool that says that it failed has ended, as a program with an exit code: an error for the flow. */
export function judgeTool(outcome: Outcome, { method, params }: RpcMessage, secrets: readonly string[]): Outcome {
  if (outcome.kind !== 'completed' || method !== 'tools/call') return outcome;
  const { output } = outcome;
  if (!isObject(output) || output['isError'] !== true) return outcome;
  const said = quoteText(textOf(output['content']), secrets, actionLimits.quotedAnswer);
  return terminal('runtime', `The tool ${String(params?.['name'])} failed${said === '' ? '.' : `: ${said}`}`);
}

function textOf(content: Json | undefined): string {
  const parts = Array.isArray(content) ? (content as readonly Json[]) : [];
  return parts.flatMap((part) => (isObject(part) && typeof part['text'] === 'string' ? [part['text']] : [])).join(' ');
}
