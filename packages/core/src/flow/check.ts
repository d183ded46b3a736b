import { isObject } from '../json.ts';
import type { Json } from '../json.ts';
import type { Hash } from '../ports.ts';
import type { Problem } from '../result.ts';
import { bundle } from './bundle.ts';
import type { Resources } from './bundle.ts';
import type { FlowDocument } from './document.ts';
import { externalReferences } from './external.ts';
import type { ExternalReference } from './external.ts';
import { flowHash } from './hash.ts';
import { lintFlow } from './lint/lint.ts';
import type { LintOptions, LintProblem } from './lint/report.ts';
import { parseFlow } from './parse.ts';
import type { Positions } from './positions.ts';
import { validateFlow } from './schema/validate.ts';

/** How a flow is checked. */
export interface CheckOptions extends LintOptions {
  readonly hash: Hash;
  /** What the text is written in; default YAML, of which JSON is a part. */
  readonly format?: 'yaml' | 'json';
  /** Texts of what the flow names by address, as far as they are known. */
  readonly resources?: Resources;
}

/** A text that is a flow. */
export interface CheckedFlow {
  /** With what it names by address put into it, where nothing of that is missing. */
  readonly document: FlowDocument;
  /** Identity of the flow version (see `flowHash`). */
  readonly hash: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

/** The outcome of a check; `flow` is there when it is valid. */
export interface CheckResult {
  /** Whether there is no error; warnings may be there. */
  readonly valid: boolean;
  /** In the order of the text. */
  readonly problems: readonly Problem[];
  readonly flow?: CheckedFlow;
  /** What the flow names by address and was not given: the rest was checked without it. */
  readonly missing: readonly ExternalReference[];
}

/** Reads a text and says all that is wrong with it as a flow, each with its place. Never throws for what the text holds. */
export function checkFlow(text: string, options: CheckOptions): CheckResult {
  const parsed = parseFlow(text, options.format === undefined ? {} : { format: options.format });
  if (!parsed.ok) return { valid: false, problems: parsed.problems, missing: [] };
  const { positions } = parsed.value;
  const { json, found, missing } = findProblems(parsed.value.document as unknown as Json, options);
  const problems = [...parsed.problems, ...found.map((problem) => placed(problem, positions))].sort(byPlace);
  if (problems.some((problem) => problem.severity === 'error')) return { valid: false, problems, missing };
  const document = json as unknown as FlowDocument;
  const { namespace, name, version } = document.document;
  const hash = flowHash(json, options.hash);
  return { valid: true, problems, missing, flow: { document, hash, namespace, name, version } };
}

/** Schema first: only what has the form of a flow can be looked at more closely. */
function findProblems(
  json: Json,
  options: CheckOptions,
): { readonly json: Json; readonly found: readonly LintProblem[]; readonly missing: readonly ExternalReference[] } {
  const refused = validateFlow(json);
  if (refused.length > 0 || !isObject(json)) return { json, found: refused, missing: [] };
  if (externalReferences(json).length === 0) return { json, found: lintFlow(json, options), missing: [] };
  const { document, problems, missing } = bundle(json, options.resources ?? new Map(), options.hash);
  if (problems.length > 0) return { json, found: problems, missing };
  // What came from outside is held to the same rules as the flow itself.
  const within = validateFlow(document);
  return { json: document, found: within.length > 0 ? within : lintFlow(document, options), missing };
}

function placed({ within, ...problem }: LintProblem, positions: Positions): Problem {
  return { ...problem, ...positions(problem.path, within) };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
