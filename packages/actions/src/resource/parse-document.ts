import { isUtf8 } from 'node:buffer';
import { isObject, parseJson } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { parse as parseYaml } from 'yaml';
import { EgressFailure } from '../egress/failure.ts';
import { FailedAttempt, terminal } from '../failures.ts';
import { parseAnswer } from '../http/json-answer.ts';
import { actionLimits } from '../limits.ts';

/** The object that a document in JSON or YAML holds. Throws a FailedAttempt that says what is wrong with it. */
export function parseDocument(bytes: Buffer, shownUrl: string): JsonObject {
  const value = parse(bytes, shownUrl);
  if (isObject(value)) return value;
  throw notADocument(shownUrl, 'it holds no object');
}

/** The failure of a document that cannot be used: it stays so until somebody mends it. */
export function notADocument(shownUrl: string, why: string): FailedAttempt {
  return new FailedAttempt(
    terminal('configuration', `The document ${shownUrl} cannot be used: ${why}. Nothing was sent.`),
  );
}

function parse(bytes: Buffer, shownUrl: string): Json {
  if (!isUtf8(bytes)) throw notADocument(shownUrl, 'it is not UTF-8 text');
  const [first] = /[^\s\ufeff]/.exec(bytes.toString('utf8', 0, 1024)) ?? [];
  if (first === '{' || first === '[') {
    try {
      return parseAnswer(bytes);
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      // In YAML a document may begin with a brace too.
    }
  }
  if (bytes.length > actionLimits.documentYamlBytes)
    throw notADocument(shownUrl, `it is YAML of more than ${actionLimits.documentYamlBytes} bytes; JSON may be larger`);
  try {
    const value: unknown = parseYaml(bytes.toString('utf8'), {
      schema: 'core',
      maxAliasCount: 100,
      logLevel: 'error',
    });
    return parseJson(JSON.stringify(value) ?? 'null');
  } catch {
    throw notADocument(shownUrl, 'it is neither JSON nor YAML');
  }
}
