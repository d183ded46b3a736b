import type { Json } from '../json.ts';
import type { MessageRules } from '../ports.ts';
import type { Expression } from '../program/expression.ts';
import { evaluate, truthy } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { CompiledRules } from '../program/nodes.ts';
import type { Scope } from './scope.ts';

/** What a subscription asks of its messages, with what its expressions see beside them. */
export function rulesOf(rules: CompiledRules, scope: Scope): MessageRules {
  const holds = (expression: Expression | undefined, value: Json, otherwise: boolean): boolean =>
    expression === undefined ? otherwise : truthy(evaluate(expression, value, scope));
  return {
    wants: (message) => {
      try {
        return holds(rules.filter, message, true);
      } catch (error) {
        if (!(error instanceof FlowFault)) throw error;
        // As an event on which a filter of `listen` fails: it is none of those.
        return false;
      }
    },
    enough: (messages) => {
      try {
        return holds(rules.until, messages, false) || !holds(rules.while, messages, true);
      } catch (error) {
        if (!(error instanceof FlowFault)) throw error;
        return { error: error.error };
      }
    },
  };
}
