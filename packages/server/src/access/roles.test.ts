import { describe, expect, it } from 'vitest';
import { leastRoles, mayDo, type Permission, roles } from './roles.ts';

describe('roles', () => {
  const all = Object.keys(leastRoles) as Permission[];
  const granted = (role: (typeof roles)[number]) => all.filter((permission) => mayDo(role, permission));

  it('each may do all that the one before may, and more', () => {
    for (const [i, role] of roles.entries()) {
      const before = roles[i - 1];
      if (before === undefined) continue;
      expect(granted(role)).toEqual(expect.arrayContaining(granted(before)));
      expect(granted(role).length).toBeGreaterThan(granted(before).length);
    }
    expect(granted('admin')).toEqual(all);
  });

  it('a viewer only reads, and nothing about secrets, tokens or what others did', () => {
    for (const permission of granted('viewer')) {
      expect(permission).toMatch(/\.read$/);
      expect(permission).not.toMatch(/^(secret|token|audit)\./);
    }
  });
});
