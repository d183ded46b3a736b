import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { tryLock, waitLock } from './folder-lock.ts';
import { stopPostmaster } from './stop-postmaster.ts';
import type { WatcherTask } from './watcher.ts';

/*
 * The watcher process (see watcher.ts). When the Pawl that started it is gone it leaves a moment for a successor, then
 * stops PostgreSQL unless somebody uses it. There is no race with a successor: both act only under the change lock, and
 * every user of the cluster shares the users' lock, which the kernel takes back from the dead.
 */
const CHANGE_WAIT_MS = 600_000;

const { layout, pgCtl, graceMs } = JSON.parse(process.argv[2] ?? '') as WatcherTask;
process.stdin.resume();
await once(process.stdin, 'end');
await sleep(graceMs);
if (existsSync(layout.usersLock)) {
  const change = await waitLock(layout.changeLock, 'exclusive', { timeoutMs: CHANGE_WAIT_MS });
  if (change !== undefined) {
    const nobody = tryLock(layout.usersLock, 'exclusive');
    if (nobody !== undefined) await stopPostmaster(layout, pgCtl);
  }
}
process.exit(0);
