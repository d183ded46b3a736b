import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-tool.ts';

// `node scripts/weigh-dependencies.ts`: what each dependency weighs as it is installed here. A line says name, version,
// its own size in MB, how many packages it brings, and the size of it all.

interface Entry {
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};

for (const name of directDependencies()) {
  const folder = `node_modules/${name}`;
  if (!existsSync(join(root, folder))) continue;
  const all = [...withDependencies(folder)];
  const columns = [packages[folder]?.version, megabytes([folder]), all.length - 1, megabytes(all)];
  process.stdout.write(`${[name, ...columns].join('\t')}\n`);
}

/** What the root and the workspaces name, without each other. */
function directDependencies(): string[] {
  const own = Object.entries(packages).filter(([path]) => path === '' || /^packages\/[^/]+$/.test(path));
  const names = own.flatMap(([, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('@pawl/')).sort();
}

/** The folders of a package and of all that it needs, as far as they are installed. */
function withDependencies(folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder) || !existsSync(join(root, folder))) return found;
  found.add(folder);
  const { dependencies, optionalDependencies, peerDependencies } = packages[folder] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
    withDependencies(folderOf(folder, name), found);
  return found;
}

/** Where Node finds a package that is needed from a folder. */
function folderOf(from: string, name: string): string {
  for (let at = from; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = `${at}/node_modules/${name}`;
    if (packages[folder] !== undefined) return folder;
  }
  return `node_modules/${name}`;
}

function megabytes(folders: readonly string[]): string {
  return (folders.reduce((sum, folder) => sum + bytesIn(join(root, folder)), 0) / 1e6).toFixed(1);
}

/** Bytes of a package's own files; links are not followed. */
function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) bytes += lstatSync(path).size;
    else if (entry.name !== 'node_modules') bytes += bytesIn(path);
  }
  return bytes;
}
