/** A way in which this package answers otherwise than jq, on purpose. The README lists the same ones. */
export interface Difference {
  readonly reason: string;
  /** True when an answer of jq (`theirs`) and ours differ for this reason. */
  readonly explains: (program: string, theirs: string, ours: string, input: string) => boolean;
}

const WHOLE_NUMBER_KEY = /"(?:0|[1-9]\d*)"\s*:/;
const WHOLE_NUMBER_KEY_TEXT = /\\?"(?:0|[1-9]\d*)\\*"\s*:/;

/** The documented differences that random programs meet. */
export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'keys that are whole numbers come first in a JavaScript object',
    explains: (_, theirs, ours) =>
      [theirs, ours].some((answer) => WHOLE_NUMBER_KEY.test(answer) || WHOLE_NUMBER_KEY_TEXT.test(answer)),
  },
  {
    reason: 'numbers are doubles: how a literal was spelled is not kept',
    explains: (_, theirs) => /\dE[+-]?\d/.test(theirs),
  },
  {
    reason: 'an empty match inside a character of several bytes is found twice by jq',
    explains: (program, theirs, ours, input) => REGEX.test(program) && NOT_ASCII.test(program + theirs + ours + input),
  },
  {
    reason: 'the text of an error that a regular expression raises is the engine’s own',
    explains: (_, theirs, ours) => theirs.includes('Regex failure') && ours.includes('Regex failure'),
  },
  {
    reason: 'a path through a computed value is refused in other words, where jq goes on within a builtin',
    explains: (_, theirs, ours) => theirs.includes(NO_PATH) || ours.includes(NO_PATH),
  },
  {
    reason: 'the sign of a zero that a minus makes',
    explains: (program, theirs, ours) => program.includes('-') && positive(theirs) === positive(ours),
  },
];

const REGEX = /match|sub|scan|split|capture/;
const NOT_ASCII = /[^\0-\x7f]|\\u00|base64d|urid|implode/;
const NO_PATH = 'Invalid path expression';

function positive(answer: string): string {
  return answer.replace(/-0(?![.\d])/g, '0');
}

/** Why two answers may differ, or undefined when they must not. */
export function explain(program: string, input: string, theirs: string, ours: string): string | undefined {
  return DIFFERENCES.find((difference) => difference.explains(program, theirs, ours, input))?.reason;
}
