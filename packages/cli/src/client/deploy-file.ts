import { PawlError, type JsonObject } from '@pawl/core';
import { formatOf, problemLine } from '../check/problem-line.ts';
import { readText } from '../read-input.ts';
import { note, print, printJson } from '../output.ts';
import { callServer } from './api.ts';
import { cell, flowName } from './words.ts';
import type { Problem } from '@pawl/core';

const created = 201;

/** Publishes the flow of a file; what is wrong with it is listed on stderr with its lines. */
export async function deployFile(
  file: string,
  { reason, json }: { readonly reason?: string; readonly json?: boolean },
): Promise<void> {
  const body = await readText(file);
  const type = formatOf(file) === 'json' ? 'application/json' : 'application/yaml';
  try {
    const answer = await callServer('flows', { method: 'POST', body, type, query: { reason } });
    const flow = answer.body as JsonObject;
    if (json === true) printJson(flow);
    else
      print(
        `${flowName(flow)} ${answer.status === created ? 'is published' : 'was published before'} (${cell(flow['hash']).slice(0, 12)}).`,
      );
  } catch (error) {
    const problems = error instanceof PawlError ? error.extra['problems'] : undefined;
    if (Array.isArray(problems)) for (const problem of problems as Problem[]) note(problemLine(file, problem));
    throw error;
  }
}
