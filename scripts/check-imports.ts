import { dirname, posix } from 'node:path';
import { importsOf, isTestFile, type Import, type SourceFile } from './source-files.ts';

/** Which packages each package may import: the one-way order of the house. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  jq: [],
  core: ['jq'],
  runtime: ['core', 'jq'],
  prove: ['runtime', 'core', 'jq'],
  store: ['core'],
  actions: ['core'],
  testkit: ['core'],
  ui: ['jq', 'core', 'prove'],
  server: ['jq', 'core', 'runtime', 'prove', 'store', 'actions'],
  cli: ['jq', 'core', 'runtime', 'prove', 'store', 'actions', 'server'],
};

/** Packages that run in a browser and in the simulator: nothing of Node in them. */
const PURE = new Set(['jq', 'core', 'runtime', 'prove']);

/** Modules that open connections. Only the egress client may, so that no request passes its checks by. */
const CONNECTING = new Set(['undici', 'node:net', 'node:tls', 'node:http', 'node:https', 'node:http2', 'node:dgram']);

/** What those modules export that only listens or computes, and is free. */
const LISTENING = new Set(['createServer', 'Server', 'isIP', 'isIPv4', 'isIPv6', 'BlockList', 'STATUS_CODES']);

/** The entries of a package beside its index: what siblings share, and contract suites for tests. */
const ENTRY = /^\/(?:internal|[a-z-]+\.testsuite)$/;

const EGRESS = 'packages/actions/src/egress';

/** Checks direction, entries, purity, egress and cycles over all TypeScript files; a problem is `path:line: sentence`. */
export function checkImports(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  for (const file of files) {
    for (const each of importsOf(file.text)) {
      const problem = checkImport(file.path, each);
      if (problem !== undefined) problems.push(`${file.path}:${each.line}: ${problem}`);
    }
  }
  return [...problems, ...findCycles(files)];
}

function checkImport(path: string, each: Import): string | undefined {
  const own = packageOf(path);
  if (each.specifier.startsWith('.')) return checkRelative(path, own, each.specifier);
  const target = /^@pawl\/([^/]+)(\/.+)?$/.exec(each.specifier);
  if (target !== null) return checkSibling(path, own, target[1] ?? '', target[2]);
  if (own === undefined || isTestFile(path)) return undefined;
  if (PURE.has(own) && each.specifier.startsWith('node:')) return `${own} is pure and imports nothing of Node`;
  return checkEgress(path, own, each);
}

function checkRelative(path: string, own: string | undefined, specifier: string): string | undefined {
  if (!/\.(ts|mjs|json)$/.test(specifier)) return `a relative import names its file's extension (${specifier})`;
  const target = packageOf(resolve(path, specifier));
  if (own !== undefined && target !== own) return `a package imports others by name, not by path (${specifier})`;
  return undefined;
}

function checkSibling(
  path: string,
  own: string | undefined,
  target: string,
  entry: string | undefined,
): string | undefined {
  if (entry !== undefined && !ENTRY.test(entry))
    return `no deep import into @pawl/${target}: use its index or an entry of its own`;
  if (own === undefined || own === target)
    return own === undefined ? undefined : 'a package does not import itself by name';
  if (target === 'testkit') return isTestFile(path) ? undefined : 'testkit serves tests only';
  const allowed = MAY_IMPORT[own];
  if (allowed === undefined) return `package ${own} has no place in the import order yet (scripts/check-imports.ts)`;
  return allowed.includes(target)
    ? undefined
    : `${own} may not import ${target} (it may: ${allowed.join(', ') || 'nothing'})`;
}

function checkEgress(path: string, own: string, each: Import): string | undefined {
  const isFree = each.typeOnly || own === 'testkit' || path.startsWith(`${EGRESS}/`) || path === `${EGRESS}.ts`;
  if (!CONNECTING.has(each.specifier) || isFree) return undefined;
  if (each.names.length > 0 && each.names.every((name) => LISTENING.has(name))) return undefined;
  return `only ${EGRESS} opens connections (${each.specifier})`;
}

/** Cycles between files, by what remains at run time: types may refer to each other. */
function findCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push(`${path}: an import cycle: ${[...trail.slice(at), path].join(' → ')}`);
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

function targetsOf(file: SourceFile): string[] {
  return importsOf(file.text)
    .filter((each) => !each.typeOnly && each.specifier.startsWith('.'))
    .map((each) => resolve(file.path, each.specifier));
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(dirname(path), specifier));
}
