import type { Json } from '../json.ts';
import type { Hash } from '../ports.ts';
import type { Problem } from '../result.ts';
import type { FlowDocument } from './document.ts';
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
}

/** A text that is a flow. */
export interface CheckedFlow {
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
}

/** Reads a text and says all that is wrong with it as a flow, each with its place. Never throws for what the text holds. */
export function checkFlow(text: string, options: CheckOptions): CheckResult {
  const parsed = parseFlow(text, options.format === undefined ? {} : { format: options.format });
  if (!parsed.ok) return { valid: false, problems: parsed.problems };
  const { document, positions } = parsed.value;
  const json = document as unknown as Json;
  const refused = validateFlow(json);
  const found = refused.length > 0 ? refused : lintFlow(json, options);
  const problems = [...parsed.problems, ...found.map((problem) => placed(problem, positions))].sort(byPlace);
  if (problems.some((problem) => problem.severity === 'error')) return { valid: false, problems };
  const { namespace, name, version } = document.document;
  return { valid: true, problems, flow: { document, hash: flowHash(json, options.hash), namespace, name, version } };
}

function placed({ within, ...problem }: LintProblem, positions: Positions): Problem {
  return { ...problem, ...positions(problem.path, within) };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
