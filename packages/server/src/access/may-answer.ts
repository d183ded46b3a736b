import type { Role } from './roles.ts';

/** Who answers, as far as it decides whether they may. */
export interface Answering {
  readonly kind: 'owner' | 'token';
  readonly name: string;
  readonly role: Role;
}

/**
 * Whether somebody may answer what a step asks. Whoever uses this machine without a token and administrators always may,
 * and everybody who may decide where nobody is named. Else the name must be among those who are asked: as `user:NAME`, or
 * as the name of a group, which stands for the token or the role of that name.
 */
export function mayAnswer({ kind, name, role }: Answering, to: readonly string[]): boolean {
  if (kind === 'owner' || role === 'admin' || to.length === 0) return true;
  return to.some((one) => one === `user:${name}` || one === name || one === role);
}
