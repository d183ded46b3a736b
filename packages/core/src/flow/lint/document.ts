import type { JsonObject } from '../../json.ts';
import { limits } from '../../limits.ts';
import { nameHint } from '../../schema/problems.ts';
import { parseVersion } from '../semver.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';

const rootMembers = ['document', 'input', 'use', 'do', 'timeout', 'output', 'schedule', 'evaluate'];

/** What concerns the document as a whole: language version, size, and members that nobody reads. */
export function lintDocument(lint: Lint): void {
  const { document } = lint;
  lintDsl(lint, (document['document'] as JsonObject)['dsl'] as string);
  for (const name of Object.keys(document)) {
    if (rootMembers.includes(name)) continue;
    warn(
      lint,
      'PAWL_FLOW_ROOT_UNKNOWN',
      `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      `The language has no member "${name}" here, so it has no effect.`,
      nameHint(name, rootMembers),
    );
  }
  lintSize(lint);
}

function lintDsl(lint: Lint, dsl: string): void {
  const version = parseVersion(dsl);
  if (version?.major === 1 && version.minor === 0) return;
  refuse(
    lint,
    'PAWL_FLOW_DSL',
    '/document/dsl',
    `The flow is written in version ${dsl} of the language; Pawl reads 1.0.`,
    'write dsl: 1.0.3',
  );
}

function lintSize(lint: Lint): void {
  const { tasks } = lint.sites;
  const deep = tasks.find((site) => site.depth >= limits.flowDepth);
  if (deep !== undefined) {
    refuse(
      lint,
      'PAWL_FLOW_TOO_DEEP',
      deep.path,
      `Tasks stand more than ${limits.flowDepth} levels inside each other.`,
      'move inner tasks into use.functions and call them',
    );
  }
  if (tasks.length > limits.flowTasks) {
    refuse(
      lint,
      'PAWL_FLOW_TOO_LARGE',
      '/do',
      `The flow has ${tasks.length} tasks; Pawl takes at most ${limits.flowTasks}.`,
      'split the flow',
    );
  }
}
