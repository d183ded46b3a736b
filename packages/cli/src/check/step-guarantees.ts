import { compileFlow } from '@pawl/core';
import type { CheckedFlow, Guarantee, Json, JsonObject, TaskNode } from '@pawl/core';
import { catalog } from '../catalog.ts';

/** What Pawl promises about one step that calls an action. */
export interface StepGuarantee {
  readonly name: string;
  readonly action: string;
  readonly guarantee: Guarantee;
  readonly why: string;
}

/** The guarantee of every step that calls an action, in the order of the document; none for a flow that Pawl cannot run yet. */
export function stepGuarantees(flow: CheckedFlow): StepGuarantee[] {
  let nodes: Iterable<TaskNode>;
  try {
    nodes = compileFlow(flow.document as unknown as Json, catalog()).nodes.values();
  } catch {
    return [];
  }
  return [...nodes].flatMap((node) => ('action' in node ? [guaranteeOf(node)] : []));
}

function guaranteeOf(node: Extract<TaskNode, { action: string }>): StepGuarantee {
  const { name, action, description, definition, contract } = node;
  const args = (definition['with'] ?? {}) as JsonObject;
  const said = { name, action };
  if (contract.guarantee !== undefined) return { ...said, guarantee: contract.guarantee, why: 'the step says so' };
  const guarantee = description.guarantee(args, contract.keyIn);
  const { keyIn } = contract;
  if (guarantee === 'keyed' && keyIn !== undefined) {
    return { ...said, guarantee, why: `the target takes the key in the ${keyIn.place} ${keyIn.name}` };
  }
  if (action === 'http') return { ...said, guarantee, why: `the method is ${String(args['method'])}` };
  return { ...said, guarantee, why: 'the action says so' };
}
