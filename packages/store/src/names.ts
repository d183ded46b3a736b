import { PawlError } from '@pawl/core';
import type { Database } from './database.ts';
import type { Numbers } from './encode-commit.ts';
import { isSha256 } from './storable.ts';

/** Knows the numbers of workspaces and flows; both are immutable once made, so what was read stays right. */
export interface Names extends Numbers {
  /** Makes sure that the numbers of these names are known. Throws `PAWL_FLOW_UNKNOWN` for a flow that was never deployed. */
  learn(workspaces: Iterable<string>, flows: Iterable<string>): Promise<void>;
}

/** Flows that are remembered; an old one is read again. */
const remembered = 100_000;

/** A run that faulted as it began, since nobody knew its flow, belongs to this one: no document has such a hash. */
const nobody = '0'.repeat(64);
const makeNobody = `insert into pawl.flow (created_at, hash, namespace, name, version, document, source)
  values (0, decode($1, 'hex'), '', '', '', '{}', '') on conflict (hash) do nothing`;

/** Names of a database. */
export function openNames(database: Database): Names {
  const workspaces = new Map<string, number>();
  const flows = new Map<string, number>();

  async function learnWorkspace(name: string): Promise<void> {
    // An update that changes nothing would lock; so first make it, then read it in a statement that sees every maker's row.
    await database.query('insert into pawl.workspace (name) values ($1) on conflict do nothing', [name]);
    const [row] = await database.query<{ id: number }>('select id from pawl.workspace where name = $1', [name]);
    if (row !== undefined) workspaces.set(name, row.id);
  }

  async function learnFlow(name: string): Promise<void> {
    const hash = name === '' ? nobody : name;
    if (name === '') await database.query(makeNobody, [nobody]);
    const [row] = isSha256(hash)
      ? await database.query<{ id: number }>("select id from pawl.flow where hash = decode($1, 'hex')", [hash])
      : [];
    if (row === undefined) throw new PawlError('PAWL_FLOW_UNKNOWN', `No flow version has the hash ${hash}.`);
    if (flows.size >= remembered) flows.clear();
    flows.set(name, row.id);
  }

  return {
    workspace: (name) => known(workspaces, name),
    flow: (hash) => known(flows, hash),
    async learn(workspaceNames, flowHashes) {
      for (const name of new Set(workspaceNames)) if (!workspaces.has(name)) await learnWorkspace(name);
      for (const hash of new Set(flowHashes)) if (!flows.has(hash)) await learnFlow(hash);
    },
  };
}

function known(numbers: ReadonlyMap<string, number>, name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new PawlError('PAWL_INTERNAL', `the number of ${name} was not read`);
  return number;
}
