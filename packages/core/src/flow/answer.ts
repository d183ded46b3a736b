import type { Json, JsonObject } from '../json.ts';
import type { SchemaProblem, Validator } from '../schema/index.ts';
import { compileSchema } from '../schema/index.ts';
import { equalJson } from '../schema/equal.ts';
import type { Answer, AskTerms } from '../state/events.ts';

/** What of a question decides whether an answer fits. */
export interface Asked {
  readonly terms: Pick<AskTerms, 'form' | 'fourEyes'>;
  /** Those who have approved already, where two must. */
  readonly approvals: readonly { readonly by: string; readonly data: Json }[];
}

/** An answer that a question takes, with the data as they count; or why it takes it not. */
export type AnswerCheck =
  | { readonly ok: true; readonly data: Json }
  /** `problems`: of the data, by pointers into it. */
  | { readonly ok: false; readonly message: string; readonly problems?: readonly DataProblem[] };

/** What is wrong with the data of an answer; `path`: JSON pointer into them. */
export type DataProblem = Pick<SchemaProblem, 'path' | 'message'>;

/**
 * Whether a question takes an answer. Without a form there are no data; data that are left out are an empty object where
 * the form is of one, and none with a rejection. The second of two who approve approves what the first one did.
 */
export function checkAnswer({ terms, approvals }: Asked, answer: Answer, by: string): AnswerCheck {
  const [first] = approvals;
  const approves = answer.decision === 'approved';
  if (terms.fourEyes && approves && first !== undefined) {
    if (first.by === by)
      return refusal(`${by} has approved this already: a second person must approve too, or somebody reject.`);
    if (answer.data === undefined || equalJson(answer.data, first.data)) return { ok: true, data: first.data };
    return refusal(
      `These are other data than ${first.by} has approved. Leave them out to approve the same, or reject.`,
    );
  }
  const { data } = answer;
  if (!approves && (data === undefined || data === null)) return { ok: true, data: null };
  if (terms.form === undefined) {
    if (data === undefined || data === null) return { ok: true, data: null };
    return unfit([{ path: '', message: 'must be left out, as this question has no form' }]);
  }
  const filled = data ?? (terms.form['type'] === 'object' ? {} : null);
  const problems = problemsOf(terms.form, filled);
  if (problems.length === 0) return { ok: true, data: filled };
  return unfit(problems);
}

/** A form, compiled; or what is wrong with it. */
export function compileForm(form: JsonObject): Validator | string {
  const known = forms.get(form);
  if (known !== undefined) return known;
  const compiled = compileSchema(form);
  if (!compiled.ok) return listed(compiled.problems);
  forms.set(form, compiled.value);
  return compiled.value;
}

const forms = new WeakMap<JsonObject, Validator>();
/** Problems that a message names. */
const mostNamed = 5;

function problemsOf(form: JsonObject, data: Json): readonly DataProblem[] {
  const compiled = compileForm(form);
  // It was valid when it was asked: a later version that cannot read it takes nothing.
  if (typeof compiled === 'string')
    return [{ path: '', message: `cannot be checked, as the form is not valid: ${compiled}` }];
  return compiled.accepts(data) ? [] : compiled.validate(data);
}

function listed(problems: readonly { readonly path: string; readonly message: string }[]): string {
  const named = problems.slice(0, mostNamed).map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`);
  const more = problems.length > mostNamed ? ` (and ${problems.length - mostNamed} more)` : '';
  return `${named.join('; ')}${more}.`;
}

function unfit(problems: readonly DataProblem[]): AnswerCheck {
  return { ok: false, message: `The data do not fit the form: ${listed(problems)}`, problems };
}

function refusal(message: string): AnswerCheck {
  return { ok: false, message };
}
