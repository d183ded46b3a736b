export type { CheckedFlow, CheckOptions, CheckResult } from './check.ts';
export { checkFlow } from './check.ts';
export type { EffectiveContract, EffectiveDocumentContract } from './contract.ts';
export { defaultRetentionMs, documentContract, taskContract } from './contract.ts';
export type {
  AttemptsText,
  DocumentContract,
  KeyInText,
  OnAmbiguous,
  StartContract,
  TaskContract,
} from './contract-types.ts';
export type * from './document.ts';
export { kindOf, taskKinds } from './document.ts';
export type { Duration } from './duration.ts';
export { addDuration, durationMs, parseDuration } from './duration.ts';
export type { ExpressionText, ScannedText, TextPart } from './expression-text.ts';
export { expressionOf, scanText } from './expression-text.ts';
export { flowHash } from './hash.ts';
export { flowLimits } from './limits.ts';
export { lintFlow } from './lint/lint.ts';
export type { LintOptions, LintProblem } from './lint/report.ts';
export type { ParsedFlow } from './parse.ts';
export { parseFlow } from './parse.ts';
export type { Position, Positions } from './positions.ts';
export { problemCodes } from './problem-codes.ts';
export { flowSchema } from './schema/flow-schema.ts';
export { validateFlow } from './schema/validate.ts';
export type { ExpressionPlace } from './scope.ts';
export { defaultNames, flowDirectives, placeVariables, reservedVariables } from './scope.ts';
export type { Version } from './semver.ts';
export { compareVersions, parseVersion } from './semver.ts';
export type { Expanded } from './uri-template.ts';
export { expandUri, templateNames } from './uri-template.ts';
