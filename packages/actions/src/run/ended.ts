import type { Json, Outcome } from '@pawl/core';
import { terminal } from '../failures.ts';
import { runLimits } from './limits.ts';

/** How a script or program ended. */
export interface Ended {
  /** Exit code; 128 + its number after a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `return` makes the output. */
export type Return = 'stdout' | 'stderr' | 'code' | 'all' | 'none';

/** The outcome of what ended by itself. A code that is not 0 is an error unless the flow asked for the code. */
export function endedOutcome(what: string, ended: Ended, wanted: Return): Outcome {
  if (ended.code !== 0 && wanted !== 'code' && wanted !== 'all')
    return terminal('runtime', `${what} ended with the code ${ended.code}.${quoted(ended.stderr)}`);
  return { kind: 'completed', output: outputOf(ended, wanted) };
}

function outputOf({ code, stdout, stderr }: Ended, wanted: Return): Json {
  switch (wanted) {
    case 'stdout':
      return stdout;
    case 'stderr':
      return stderr;
    case 'code':
      return code;
    case 'all':
      return { code, stdout, stderr };
    case 'none':
      return null;
  }
}

/** The end of what it said, where the reason mostly stands. */
function quoted(stderr: string): string {
  const said = stderr.trim().replace(/\s+/g, ' ');
  if (said === '') return '';
  const short = said.length > runLimits.quotedOutput ? `…${said.slice(-runLimits.quotedOutput)}` : said;
  return ` It said: ${short.toWellFormed()}`;
}
