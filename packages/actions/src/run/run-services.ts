import type { Log } from '@pawl/core';
import { readRunPermissions } from './permissions.ts';
import type { RunPermission } from './permissions.ts';
import { Programs } from './programs.ts';
import { ScriptThreads } from './script-threads.ts';

/** What the `run` actions share. */
export interface RunServices {
  readonly allowed: ReadonlySet<RunPermission>;
  readonly scripts: ScriptThreads;
  readonly programs: Programs;
}

/** Makes what the `run` actions need; nothing is started before the first step that does. `allow` is PAWL_ALLOW_RUN. */
export function createRunServices(allow: string, log: Log): RunServices {
  return { allowed: readRunPermissions(allow), scripts: new ScriptThreads(), programs: new Programs(log) };
}
