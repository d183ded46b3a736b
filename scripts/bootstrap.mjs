// Makes a fresh clone ready to run: `npm start` and `npm test` call it first. Plain
// JavaScript on Node ≥ 20 with nothing but npm. When all is in place it takes some
// milliseconds and says nothing.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './bootstrap-lock.mjs';
import { installedMatches, lockfileHash } from './installed.mjs';
import { findNode24, NODE_MAJOR } from './node24.mjs';
import { missingLinks, postgresPackages } from './postgres-links.mjs';

const NODE_MIN = 20;
const NPM_MIN = 10;

/** What npm writes when it cannot reach the registry. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/;

/** A failure that one sentence explains to whoever typed the command. */
class Explained extends Error {}

try {
  await bootstrap(fileURLToPath(new URL('..', import.meta.url)));
} catch (error) {
  process.stderr.write(`pawl: ${error instanceof Explained ? error.message : (error.stack ?? error)}\n`);
  process.exitCode = 1;
}

/** Installs what `root` needs unless it is there already. */
async function bootstrap(root) {
  const own = Number(process.versions.node.split('.')[0]);
  if (own < NODE_MIN)
    throw new Explained(`Node ${process.version} is too old: Pawl needs Node ${NODE_MIN} or newer to install.`);
  if (isReady(root)) return;
  try {
    await withLock(join(root, '.pawl-bootstrap.lock'), say, () => install(root));
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw new Explained(`no permission to write in ${root}.`);
    throw error;
  }
}

function isReady(root) {
  return readMarker(root) === lockfileHash(root) && findNode24(root) !== undefined && linksMissing(root).length === 0;
}

/** Runs under the lock, so it looks again first: another bootstrap may have done the work meanwhile. */
async function install(root) {
  if (isReady(root)) return;
  const begun = Date.now();
  if (readMarker(root) !== lockfileHash(root) && !installedMatches(root)) {
    say('installing the dependencies with npm ci; the first time takes a minute or two…');
    await npmCi(root);
  }
  checkNode(root);
  mendLinks(root);
  writeMarker(root);
  say(`dependencies ready (${Math.round((Date.now() - begun) / 1000)} s)`);
}

async function npmCi(root) {
  const npm = npmCommand();
  const version = spawnSync(npm.file, [...npm.args, '--version'], { encoding: 'utf8', env: npm.env, shell: npm.shell });
  if (version.error !== undefined || version.status !== 0)
    throw new Explained('npm was not found; install it beside Node.');
  if (Number.parseInt(version.stdout, 10) < NPM_MIN) {
    throw new Explained(
      `npm ${version.stdout.trim()} is too old: Pawl needs npm ${NPM_MIN} or newer (npm install -g npm@latest).`,
    );
  }
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const child = spawn(npm.file, [...npm.args, ...args], {
    cwd: root,
    env: npm.env,
    shell: npm.shell,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Explained(explainNpm(stderr, code));
}

/**
 * The npm that called this, on the Node it runs on, or the one of the machine. Never on a Node of node_modules:
 * npm ci begins by removing that folder, and npm looks for the machine's settings beside the Node that runs it.
 */
function npmCommand() {
  const inModules = (path) => /[\\/]node_modules[\\/]/.test(path);
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !inModules(entry));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const { npm_execpath: cli = '', npm_node_execpath: node = '' } = process.env;
  if (node !== '' && !inModules(node) && /npm-cli\.[cm]?js$/.test(cli))
    return { file: node, args: [cli], env, shell: false };
  for (const name of Object.keys(env)) {
    if (/^npm_config_(?:global_?)?(?:prefix|config)$/i.test(name)) delete env[name];
  }
  // npm is a .cmd on Windows, which only a shell starts; the arguments are constants.
  return { file: 'npm', args: [], env, shell: process.platform === 'win32' };
}

function explainNpm(stderr, code) {
  const offline = OFFLINE.exec(stderr);
  if (offline !== null)
    return `the npm registry could not be reached (${offline[0]}); connect to the network and run the command again.`;
  if (/\b(EACCES|EPERM|EROFS)\b/.test(stderr)) return 'npm has no permission to write node_modules here.';
  if (/\bENOSPC\b/.test(stderr)) return 'the disk is full; free some space and run the command again.';
  if (/\bEINTEGRITY\b/.test(stderr))
    return 'a downloaded package is not the one that package-lock.json names; nothing of it was run.';
  if (/\bEUSAGE\b/.test(stderr))
    return 'package.json and package-lock.json disagree; run `npm install` and commit both.';
  const tail = stderr.trim().split('\n').slice(-15).join('\n');
  return `npm ci failed (exit ${code}):\n${tail}`;
}

/** One Node ≥ 24 must be there and must start: the packaged one needs glibc. */
function checkNode(root) {
  const platform = `${process.platform}-${process.arch}`;
  const node = findNode24(root);
  if (node === undefined) {
    throw new Explained(
      `npm has no Node ${NODE_MAJOR} for ${platform}: install Node ${NODE_MAJOR} or newer yourself and run the command again.`,
    );
  }
  const probe = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (probe.status !== 0)
    throw new Explained(
      `Node ${NODE_MAJOR} was installed but does not start on this machine (${platform}; it needs glibc 2.28 or newer).`,
    );
}

/** PostgreSQL's libraries are found through links that npm does not pack; a postinstall makes them, unless scripts are off. */
function mendLinks(root) {
  for (const folder of postgresPackages(root)) {
    if (missingLinks(folder).length === 0) continue;
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, stdio: 'ignore' });
    const missing = missingLinks(folder);
    if (missing.length > 0)
      throw new Explained(`PostgreSQL's library links could not be made in ${folder} (${missing[0]}).`);
  }
  if (postgresPackages(root).length === 0) {
    say(`no embedded PostgreSQL exists for ${process.platform}-${process.arch}; name a server in PAWL_DATABASE_URL.`);
  }
}

function linksMissing(root) {
  return postgresPackages(root).flatMap(missingLinks);
}

function markerPath(root) {
  return join(root, 'node_modules', '.pawl-bootstrap');
}

function readMarker(root) {
  const path = markerPath(root);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

function writeMarker(root) {
  const path = markerPath(root);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(`${path}.new`, `${lockfileHash(root)}\n`);
  renameSync(`${path}.new`, path);
}

function say(text) {
  process.stderr.write(`pawl: ${text}\n`);
}
