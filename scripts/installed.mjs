// Compares what npm installed with what package-lock.json asks for.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The fingerprint of the wanted dependencies.
 *
 * @param {string} root the repository's folder
 */
export function lockfileHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/**
 * Whether node_modules, as npm's own hidden lockfile describes it, is what package-lock.json asks for: true after an
 * `npm ci` or `npm install` that someone ran by hand.
 *
 * @param {string} root the repository's folder
 */
export function installedMatches(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(hidden);
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true;
    const found = present[path];
    if (found === undefined) return entry.optional === true && !fitsMachine(entry);
    return found.link === true || (found.version === entry.version && found.integrity === entry.integrity);
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Whether npm must have installed this optional package here; one that names no machine may belong to one for another. */
function fitsMachine({ os, cpu, libc }) {
  if (os === undefined && cpu === undefined) return false;
  return allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, libcFamily());
}

function allows(list, value) {
  return list === undefined || [list].flat().includes(value);
}

function libcFamily() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
