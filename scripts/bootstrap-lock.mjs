// A lock file between processes of one or several machines that share a folder.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock this often; without a touch for STALE_MS it counts as dead. */
const TOUCH_MS = 2_000;
const STALE_MS = 20_000;
const POLL_MS = 200;

/**
 * Runs `work` while holding the lock file `path`; waits for a living holder and takes over from a dead one.
 *
 * @template T
 * @param {string} path
 * @param {(text: string) => void} say told once when it has to wait
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, say, work) {
  const token = JSON.stringify({ host: hostname(), pid: process.pid, id: Math.random().toString(36).slice(2) });
  let waiting = false;
  while (!acquire(path, token)) {
    if (!waiting) say('another start is installing the dependencies; waiting for it…');
    waiting = true;
    await sleep(POLL_MS);
  }
  const touch = setInterval(() => holds(path, token) && utimesSync(path, new Date(), new Date()), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (holds(path, token)) rmSync(path, { force: true });
  }
}

function acquire(path, token) {
  try {
    writeFileSync(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = readOrUndefined(path);
  if (holder !== undefined && isStale(path, holder)) putAside(path, holder, token);
  return false;
}

/**
 * Removes a dead holder's lock. Moving it is atomic, so of two that found it dead only one moves it; should the
 * second have moved the first one's fresh lock, it puts it back.
 */
function putAside(path, holder, token) {
  const aside = `${path}.${JSON.parse(token).id}`;
  try {
    renameSync(path, aside);
    if (readOrUndefined(aside) !== holder) linkSync(aside, path);
  } catch {
    // Another waiter was faster.
  }
  rmSync(aside, { force: true });
}

function isStale(path, holder) {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) return true;
    const { host, pid } = JSON.parse(holder);
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: the process is gone. A lock that cannot be parsed is being written this moment.
    return error.code === 'ESRCH';
  }
}

function holds(path, token) {
  return readOrUndefined(path) === token;
}

function readOrUndefined(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
