import { isObject } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import { limits } from '../../limits.ts';
import { nameHint } from '../../schema/problems.ts';
import { parseVersion } from '../semver.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';

const rootMembers = ['document', 'input', 'use', 'do', 'timeout', 'output', 'schedule', 'evaluate'];
const triggers = ['every', 'cron', 'after', 'on'];

/** What concerns the document as a whole: language version, schedule, size, and members that nobody reads. */
export function lintDocument(lint: Lint): void {
  const { document } = lint;
  lintDsl(lint, (document['document'] as JsonObject)['dsl'] as string);
  const { schedule } = document;
  if (isObject(schedule)) {
    const found = triggers.filter((trigger) => schedule[trigger] !== undefined);
    if (found.length !== 1) {
      const message =
        found.length === 0
          ? 'The schedule does not say when.'
          : `The schedule says ${found.join(' and ')}; it takes exactly one of them.`;
      refuse(lint, 'PAWL_FLOW_SCHEDULE', '/schedule', message, `use one of ${triggers.join(', ')}`);
    }
  }
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
