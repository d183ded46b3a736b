import type { ApiStore, FlowName, FlowVersion } from '@pawl/core';
import { compareVersions } from '@pawl/core';
import { pageOf } from './list-page.ts';
import type { SimStore } from './sim-store.ts';
import type { Tables } from './tables.ts';

/** The flows of a simulated store. */
export function flowLists(store: SimStore): Pick<ApiStore, 'deploy' | 'flows' | 'flowVersion' | 'flow'> {
  const { flows, named } = store.tables;
  return {
    deploy: (version, options) =>
      store.serve(() => {
        const name = JSON.stringify([options.workspace, version.namespace, version.name, version.version]);
        const known = options.named ? named.get(name) : flows.has(version.hash) ? version.hash : undefined;
        if (known !== undefined) return known === version.hash ? 'unchanged' : 'exists';
        if (!flows.has(version.hash)) flows.set(version.hash, version);
        if (options.named) named.set(name, version.hash);
        return 'created';
      }),
    flows: ({ workspace, ...page }) =>
      store.serve(() => pageOf('flows', namedFlows(store.tables, workspace).sort(byName), (flow) => flow.hash, page)),
    flowVersion: (workspace, namespace, name, version) =>
      store.serve(() =>
        newestFlow(store.tables, workspace, version === undefined ? { namespace, name } : { namespace, name, version }),
      ),
    flow: (hash) => store.serve(() => flows.get(hash)),
  };
}

/** A flow version by its name: the newest where none is given. */
export function newestFlow(
  tables: Tables,
  workspace: string,
  { namespace, name, version }: FlowName,
): FlowVersion | undefined {
  return namedFlows(tables, workspace)
    .filter(
      (flow) =>
        flow.namespace === namespace && flow.name === name && (version === undefined || flow.version === version),
    )
    .sort((a, b) => compareVersions(b.version, a.version))
    .at(0);
}

function namedFlows({ flows, named }: Tables, workspace: string): FlowVersion[] {
  const found: FlowVersion[] = [];
  for (const [name, hash] of named) {
    const flow = flows.get(hash);
    if ((JSON.parse(name) as string[])[0] === workspace && flow !== undefined) found.push(flow);
  }
  return found;
}

function byName(a: FlowVersion, b: FlowVersion): number {
  const [first, second] = [`${a.namespace} ${a.name}`, `${b.namespace} ${b.name}`];
  if (first !== second) return first < second ? -1 : 1;
  return compareVersions(a.version, b.version);
}
