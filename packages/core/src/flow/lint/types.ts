import { isObject } from '../../json.ts';
import { isLoose } from '../loose.ts';
import { findClashes } from '../types/flow.ts';
import { typeLimits } from '../types/limits.ts';
import type { ObjectShape } from '../types/shape.ts';
import type { Finding } from '../types/walk.ts';
import { nearestHint } from './nearest.ts';
import type { Lint, LintProblem } from './report.ts';

/**
 * Expressions read what schemas and earlier steps give. A warning is told only where nothing that comes there has the
 * member that is read, or where an operation fails for all that comes there.
 */
export function lintTypes(lint: Lint): void {
  const { evaluate } = lint.document;
  const inJq = !isObject(evaluate) || evaluate['language'] === undefined || evaluate['language'] === 'jq';
  if (!inJq || isLoose(lint.document)) return;
  const told = new Set<string>();
  for (const finding of findClashes(lint)) {
    const where = `${finding.path}\n${finding.offset + finding.at}`;
    if (told.has(where) || !lint.wants('warning')) continue;
    told.add(where);
    lint.report(problemOf(finding));
  }
}

function problemOf({ path, source, offset, at, what }: Finding): LintProblem {
  const within = { source: source.slice(at), offset: offset + at };
  if (what.kind === 'fails') {
    return {
      code: 'PAWL_FLOW_EXPRESSION_FAILS',
      severity: 'warning',
      path,
      message: `This always fails: ${what.why}.`,
      within,
    };
  }
  const names = what.objects.flatMap(({ fields }) => [...fields.keys()]);
  const hint = names.length === 0 ? undefined : nearestHint(what.name, names);
  return {
    code: 'PAWL_FLOW_FIELD_UNKNOWN',
    severity: 'warning',
    path,
    message: `No schema or earlier step gives ${JSON.stringify(what.name)} here: ${what.objects.slice(0, 3).map(givenBy).join('; ')}.`,
    ...(hint === undefined ? {} : { hint }),
    within,
  };
}

/** What gives an object, and with what. */
function givenBy({ origin, fields }: ObjectShape): string {
  if (fields.size === 0) return `${origin} gives an empty object`;
  const names = [...fields.keys()];
  const shown = names.slice(0, typeLimits.named);
  return `${origin} gives ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`;
}
