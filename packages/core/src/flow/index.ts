export type { CheckedFlow, CheckOptions, CheckResult } from './check.ts';
export { checkFlow } from './check.ts';
export type { Resources } from './bundle.ts';
export type { ExternalReference } from './external.ts';
export { flowHash } from './hash.ts';
export type { LintOptions } from './lint/report.ts';
export { nearestHint } from './lint/nearest.ts';
export { parseFlow } from './parse.ts';
export { compareVersions } from './semver.ts';
