import { JqLimitError, JqSyntaxError, parse } from '@pawl/jq';
import type { Node } from '@pawl/jq';

/** The programs of a flow, each read once. */
export type Programs = (source: string) => Node | undefined;

/** Reads programs; one that cannot be read is undefined, and told of by the rule for expressions. */
export function programReader(): Programs {
  const read = new Map<string, Node | undefined>();
  return (source) => {
    if (!read.has(source)) read.set(source, parsed(source));
    return read.get(source);
  };
}

function parsed(source: string): Node | undefined {
  if (source.trim() === '') return undefined;
  try {
    return parse(source);
  } catch (error) {
    if (error instanceof JqSyntaxError || error instanceof JqLimitError) return undefined;
    throw error;
  }
}
