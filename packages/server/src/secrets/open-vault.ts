import { Redactor } from '@pawl/actions';
import type { Connections, KnownConnections, ProcessActions } from '@pawl/actions';
import type { Log } from '@pawl/core';
import type { EngineOptions } from '../engine/options.ts';
import { KeyRing } from './key-ring.ts';
import { redactingLog } from './redacting-log.ts';
import { SecretAdmin } from './secret-admin.ts';
import type { TestResult } from './secret-admin.ts';
import { Vault } from './vault.ts';

/** What an engine keeps secrets with. */
export interface OpenVault {
  readonly vault: Vault;
  /** The engine's log, without secrets. */
  readonly log: Log;
  /** The connections of the process and its file, then those of the store. */
  readonly connections: Connections;
  /** What people do with secrets. */
  admin(actions: Pick<ProcessActions, 'testConnection'>): SecretAdmin;
}

/** Opens the vault of a workspace; it has no store yet. */
export function openVault(options: EngineOptions, workspace: string, log: Log, known: KnownConnections): OpenVault {
  const redactor = new Redactor();
  for (const name of known.names()) redactor.hide(name, known.get(name)?.secret() ?? null);
  const clock = { now: () => Date.now(), mono: () => performance.now() };
  const vault = new Vault({ keys: new KeyRing(options.keys ?? { kind: 'none' }), clock, workspace, redactor });
  return {
    vault,
    log: redactingLog(log, redactor),
    // A file belongs to one machine and its operator, who may stand in for what is kept for all.
    connections: {
      get: (name, workspace) => known.get(name) ?? vault.connection(name, workspace),
      names: () => known.names(),
    },
    admin: (actions) => new SecretAdmin(vault, clock.now, (name) => connect(actions, name)),
  };
}

async function connect(actions: Pick<ProcessActions, 'testConnection'>, name: string): Promise<TestResult> {
  const outcome = await actions.testConnection(name);
  if (outcome.kind === 'completed') return { ok: true, detail: `The connection ${name} works.` };
  const detail = 'error' in outcome ? outcome.error.detail : undefined;
  return { ok: false, detail: detail ?? `The connection ${name} does not work.` };
}
