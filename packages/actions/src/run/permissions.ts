import { PawlError } from '@pawl/core';

/** What whoever runs Pawl may allow beyond scripts in the sandbox. */
const permissions = ['python', 'shell', 'container', 'container-network', 'container-volumes'] as const;

/** One of the things that PAWL_ALLOW_RUN may name. */
export type RunPermission = (typeof permissions)[number];

/** Reads `PAWL_ALLOW_RUN`: names between commas or spaces; empty allows nothing. Throws PAWL_USAGE. */
export function readRunPermissions(text: string): ReadonlySet<RunPermission> {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) {
    if (isPermission(name)) continue;
    const known = permissions.join(', ');
    throw new PawlError(
      'PAWL_USAGE',
      `"${name}" in PAWL_ALLOW_RUN is nothing that can be allowed. There are ${known}.`,
    );
  }
  return new Set(names.filter(isPermission));
}

/** The error of a step that needs what is not allowed. */
export function notAllowed(what: string, ...needed: readonly RunPermission[]): PawlError {
  return new PawlError('PAWL_RUN_NOT_ALLOWED', `This Pawl does not run ${what}, so nothing was run.`, {
    hint: `Whoever runs Pawl can allow it with PAWL_ALLOW_RUN=${needed.join(',')}.`,
  });
}

function isPermission(name: string): name is RunPermission {
  return (permissions as readonly string[]).includes(name);
}
