import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { routePermissions } from './access.ts';

const page = readFileSync(new URL('../../../../docs/reference/http-api.md', import.meta.url), 'utf8');

describe('the page about the HTTP API', () => {
  it('lists every route with its permission, and no other', () => {
    const listed = [...page.matchAll(/^\| `((?:GET|POST|PUT|DELETE) [^`]+)` \| ([\w.]+) \|/gm)].map(
      ([, route, permission]) => [String(route).replace(/\{(\w+)\}/g, ':$1'), permission],
    );
    expect(Object.fromEntries(listed)).toEqual(routePermissions);
  });
});
