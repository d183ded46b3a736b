import type { Json, JsonObject } from '../../json.ts';
import { flowLimits } from '../limits.ts';
import { lintAsks } from './asks.ts';
import { lintCalls } from './calls.ts';
import { lintContracts } from './contracts.ts';
import { lintDataSchemas } from './data-schemas.ts';
import { lintDocument } from './document.ts';
import { lintDurations } from './durations.ts';
import { lintEvents } from './events.ts';
import { lintExpressions } from './expressions.ts';
import { lintNames } from './names.ts';
import { lintNotBuilt } from './not-built.ts';
import { lintReferences } from './references.ts';
import { lintRuns } from './runs.ts';
import { lintSecrets } from './secrets.ts';
import { lintSchedule } from './schedule.ts';
import { lintSelfFeeding } from './self-feeding.ts';
import type { Lint, LintOptions, LintProblem } from './report.ts';
import { sitesOf } from './sites.ts';
import { lintSubscriptions } from './subscriptions.ts';
import { lintTargets } from './targets.ts';
import { lintTypes } from './types.ts';

const rules: readonly ((lint: Lint) => void)[] = [
  ...[lintDocument, lintNames, lintTargets, lintReferences, lintCalls, lintAsks, lintContracts],
  ...[lintExpressions, lintDataSchemas, lintDurations, lintRuns, lintEvents, lintSelfFeeding, lintSubscriptions],
  ...[lintSecrets, lintSchedule, lintNotBuilt, lintTypes],
];

/**
 * What is wrong with a document beyond what a schema can tell. The document must have passed `validateFlow`: the rules
 * rely on its form.
 */
export function lintFlow(document: Json, options: LintOptions): readonly LintProblem[] {
  const problems: LintProblem[] = [];
  // Counted by severity, so that many warnings cannot hide an error.
  const told = { error: 0, warning: 0 };
  const wants = (severity: LintProblem['severity']): boolean => told[severity] < flowLimits.problems;
  const report = (problem: LintProblem): void => {
    if (!wants(problem.severity)) return;
    told[problem.severity]++;
    problems.push(problem);
  };
  const lint: Lint = {
    ...options,
    document: document as JsonObject,
    sites: sitesOf(document as JsonObject),
    report,
    wants,
  };
  for (const rule of rules) rule(lint);
  return problems;
}
