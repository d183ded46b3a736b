/** What a person may be, each with all that the ones before may do. */
export const roles = ['viewer', 'operator', 'publisher', 'admin'] as const;

/** One of the roles. */
export type Role = (typeof roles)[number];

/** The least role for everything that Pawl lets somebody do. A permission that is not here does not exist. */
export const leastRoles = {
  'page.read': 'viewer',
  'metrics.read': 'viewer',
  'flow.read': 'viewer',
  'run.read': 'viewer',
  'decision.read': 'viewer',
  'event.read': 'viewer',
  'schedule.read': 'viewer',
  'run.start': 'operator',
  'run.cancel': 'operator',
  'run.resume': 'operator',
  'decision.make': 'operator',
  'event.write': 'operator',
  'schedule.write': 'operator',
  'flow.deploy': 'publisher',
  'secret.read': 'publisher',
  'secret.test': 'publisher',
  'secret.write': 'admin',
  'token.read': 'admin',
  'token.write': 'admin',
  'audit.read': 'admin',
} as const satisfies Record<string, Role>;

/** What a principal may do. */
export type Permission = keyof typeof leastRoles;

/** Whether a role has a permission. */
export function mayDo(role: Role, permission: Permission): boolean {
  return roles.indexOf(role) >= roles.indexOf(leastRoles[permission]);
}

/** A role of the store; undefined for a text that is none. */
export function roleOf(text: string): Role | undefined {
  return roles.find((role) => role === text);
}
