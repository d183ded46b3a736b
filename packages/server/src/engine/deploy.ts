import type { FlowVersion, JsonObject, Problem } from '@pawl/core';
import { checkFlow, compileFlow, PawlError } from '@pawl/core';
import type { EngineContext } from './context.ts';

/** How a text is deployed. */
export interface DeployOptions {
  /** Lists it under its name and version. False: found by its hash alone, beside others of the same name. Default: true. */
  readonly named?: boolean;
  /** Default: YAML, of which JSON is a part. */
  readonly format?: 'yaml' | 'json';
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
  const { flow, problems } = checkFlow(text, { hash, catalog: actions, purpose: 'deploy', format });
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
  const outcome = await api.deploy(version, { workspace, named: options.named ?? true });
  if (outcome !== 'exists') return { version, outcome, problems };
  throw new PawlError(
    'PAWL_FLOW_EXISTS',
    `${flow.namespace}/${flow.name} ${flow.version} was published with other content; nothing was changed.`,
  );
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
