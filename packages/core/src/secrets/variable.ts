import type { Json } from '../json.ts';
import { fault } from '../program/fault.ts';
import type { MarkForm } from './marks.ts';
import { isMarkable, markOf } from './marks.ts';
import type { SecretPath, SecretUse } from './paths.ts';

/** The secrets that an evaluation may name, and the form of the marks that stand for them. */
export interface SecretMarks {
  /** `use.secrets` of the flow. */
  readonly declared: readonly string[];
  readonly form: MarkForm;
}

/** What `$secrets` is to one expression: its secrets' marks, where they may be named. Throws a FlowFault. */
export function secretsVariable(use: SecretUse | undefined, marks: SecretMarks | undefined): Json {
  if (marks === undefined) {
    throw fault(
      'authorization',
      'This expression names a secret, but its result would be kept with the run. Secrets may be named only where they are sent at once: in the arguments of a call, in an authentication, or in the environment or stdin of a program.',
    );
  }
  if (use === undefined || use.unnamed !== undefined || use.worked !== undefined)
    throw fault('expression', use?.unnamed === undefined ? touched : unnamed);
  const members = emptyObject();
  for (const path of use.paths) place(members, path, marks);
  return members;
}

/** What is told of an expression that does more with a secret. */
export const touched =
  'This expression works on a secret. A secret can only be passed on: as it is, within a text, or as a member of what is sent.';
const unnamed = 'This expression uses $secrets without the name of a secret. Write $secrets.NAME.';
function place(members: Record<string, Json>, path: SecretPath, marks: SecretMarks): void {
  const [name] = path;
  if (!marks.declared.includes(name)) {
    throw fault(
      'authorization',
      `The flow does not list the secret ${JSON.stringify(name)} in use.secrets, so it may not use it.`,
    );
  }
  if (!path.every(isMarkable))
    throw fault('expression', 'The name of a secret and of its members must be printable ASCII.');
  let at = members;
  for (const step of path.slice(0, -1)) {
    const next = at[step] ?? emptyObject();
    // Both `$secrets.a` and `$secrets.a.b` in one expression: the whole has no members to show.
    if (typeof next !== 'object') throw fault('expression', both);
    at[step] = next;
    at = next as Record<string, Json>;
  }
  const last = path.at(-1) ?? '';
  if (at[last] !== undefined) throw fault('expression', both);
  at[last] = markOf(path, marks.form);
}

const both = 'One expression names a secret both as a whole and by its members. Write two expressions.';

/** Without a prototype, so that every name is only a name. */
function emptyObject(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>;
}
