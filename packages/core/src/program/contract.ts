import type { EffectiveContract } from '../flow/contract.ts';
import { taskContract } from '../flow/contract.ts';
import type { Guarantee, KeyIn } from '../guarantee/classes.ts';
import type { JsonObject } from '../json.ts';
import type { Template } from './expression.ts';
import { compileTemplate } from './expression.ts';

/** The contract of a step, ready to run. */
export interface CompiledContract {
  readonly guarantee?: Guarantee;
  readonly key?: Template;
  readonly keyIn?: KeyIn;
  /** Length of one attempt (ms); undefined: the action's own. */
  readonly attemptTimeoutMs?: number;
  /** Whether what has no answer is sent again by itself. */
  readonly resend: boolean;
  readonly onAmbiguous: 'ask' | 'fail';
  readonly batch?: { readonly size: number };
}

/** Compiles what holds for a task: its own contract over the flow's defaults. */
export function compileContract(
  document: JsonObject,
  task: JsonObject,
  variables: readonly string[],
  where: string,
): CompiledContract {
  const contract: EffectiveContract = taskContract(document, task);
  return {
    resend: contract.resend,
    onAmbiguous: contract.onAmbiguous,
    ...(contract.guarantee === undefined ? {} : { guarantee: contract.guarantee }),
    ...(contract.key === undefined
      ? {}
      : { key: compileTemplate(contract.key, variables, `${where}/metadata/pawl/key`) }),
    ...(contract.keyIn === undefined ? {} : { keyIn: contract.keyIn }),
    ...(contract.attemptTimeoutMs === undefined ? {} : { attemptTimeoutMs: contract.attemptTimeoutMs }),
    ...(contract.batchSize === undefined ? {} : { batch: { size: contract.batchSize } }),
  };
}
