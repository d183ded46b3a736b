import type { AuditEntry, FlowVersion, JsonObject, Problem } from '@pawl/core';
import { checkFlow, compileFlow, PawlError } from '@pawl/core';
import type { CheckOptions, CheckResult } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { deadlineIn } from './deadline.ts';
import type { Sender } from './messages.ts';
import { enforceSchedule } from './schedules.ts';

/** How long the reading of what a flow names by address may take, all of it (ms), and how many addresses there may be. */
const resourceTime = 30_000;
const resourcesOfFlow = 100;

/** How a text is deployed. */
export interface DeployOptions {
  /** Lists it under its name and version. False: found by its hash alone, beside others of the same name. Default: true. */
  readonly named?: boolean;
  /** Default: YAML, of which JSON is a part. */
  readonly format?: 'yaml' | 'json';
  /** Who publishes it, and why. Default: Pawl itself. */
  readonly sender?: Sender;
}

/** A published flow version. */
export interface Deployment {
  readonly version: FlowVersion;
  readonly outcome: 'created' | 'unchanged';
  /** Warnings of the check. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a flow and publishes it. Throws PAWL_FLOW_INVALID with all `problems` in its `extra`, or PAWL_FLOW_EXISTS where
 * the version is known with other content.
 */
export async function deployFlow(context: EngineContext, text: string, options: DeployOptions): Promise<Deployment> {
  const { actions, api, clock, hash, workspace } = context;
  const format = options.format ?? 'yaml';
  const { flow, problems } = await checkWhole(context, text, { hash, catalog: actions, purpose: 'deploy', format });
  if (flow === undefined) throw invalid(problems);
  compileFlow(flow.document as unknown as JsonObject, actions);
  const version: FlowVersion = {
    hash: flow.hash,
    namespace: flow.namespace,
    name: flow.name,
    version: flow.version,
    document: JSON.stringify(flow.document),
    source: text,
    createdAt: clock.now(),
  };
  const named = options.named ?? true;
  const entry = named ? await entryOf(context, version, options.sender ?? { by: 'pawl' }) : undefined;
  const outcome = await api.deploy(version, { workspace, named, ...(entry === undefined ? {} : { entry }) });
  if (outcome !== 'exists') {
    if (named) await enforceSchedule(context, flow.namespace, flow.name);
    return { version, outcome, problems };
  }
  throw new PawlError(
    'PAWL_FLOW_EXISTS',
    `${flow.namespace}/${flow.name} ${flow.version} was published with other content; nothing was changed.`,
  );
}

/** What the audit trail says: the version before was the newest of that name. */
async function entryOf(
  { api, workspace }: EngineContext,
  { namespace, name, version, hash, createdAt }: FlowVersion,
  sender: Sender,
): Promise<AuditEntry> {
  const newest = await api.flowVersion(workspace, namespace, name);
  return {
    ...{ workspace, at: createdAt, ...sender, act: 'flow.deploy', object: `flow/${namespace}/${name}` },
    ...(newest === undefined ? {} : { before: { version: newest.version, hash: newest.hash } }),
    after: { version, hash },
  };
}

/** Checks a flow together with what it names by address, which is read now and becomes part of the version. */
async function checkWhole(context: EngineContext, text: string, options: CheckOptions): Promise<CheckResult> {
  const texts = new Map<string, string>();
  const deadline = deadlineIn(resourceTime);
  try {
    for (;;) {
      const checked = checkFlow(text, { ...options, resources: texts });
      const { flow, missing } = checked;
      if (flow === undefined || missing.length === 0) return checked;
      for (const reference of missing) {
        if (texts.has(reference.uri)) continue;
        if (texts.size >= resourcesOfFlow)
          throw new PawlError(
            'PAWL_FLOW_RESOURCE',
            `The flow names more than ${resourcesOfFlow} resources by address.`,
          );
        texts.set(reference.uri, await context.readText(reference, flow, deadline.cancellation));
      }
    }
  } finally {
    deadline.clear();
  }
}

function invalid(problems: readonly Problem[]): PawlError {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const [first] = errors;
  const more =
    errors.length > 1
      ? ` ${errors.length - 1} more ${errors.length === 2 ? 'problem is' : 'problems are'} listed.`
      : '';
  return new PawlError('PAWL_FLOW_INVALID', `${placeOf(first)}${first?.message ?? 'The flow is not valid.'}${more}`, {
    extra: { problems },
  });
}

function placeOf(problem: Problem | undefined): string {
  return problem?.line === undefined ? '' : `Line ${problem.line}: `;
}
