import type { ApiStore, DecisionRow, FlowName, RunSummary } from '@pawl/core';
import { newestFlow } from './flow-lists.ts';
import { pageOf } from './list-page.ts';
import type { SimStore } from './sim-store.ts';
import type { RunRecord } from './tables.ts';

/** The runs and questions of a simulated store, as the API lists them. */
export function runLists(store: SimStore): Pick<ApiStore, 'runs' | 'runSummary' | 'decisions' | 'decision'> {
  const { tables } = store;
  const summaryOf = (record: RunRecord): RunSummary => ({
    id: record.run,
    flow: flowOf(store, record.flow),
    status: record.status,
    waitingFor: record.waitingFor,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    key: record.key,
  });
  return {
    runs: ({ workspace, status, flow, ...page }) =>
      store.serve(() => {
        const found = [...tables.runs.values()]
          .filter((record) => record.workspace === workspace)
          .sort((a, b) => (a.run < b.run ? 1 : -1))
          .map(summaryOf)
          .filter((run) => status === undefined || run.status === status)
          .filter(
            (run) => flow === undefined || (run.flow.namespace === flow.namespace && run.flow.name === flow.name),
          );
        return pageOf('runs', found, (run) => run.id, page);
      }),
    runSummary: (workspace, run) =>
      store.serve(() => {
        const record = tables.runs.get(run);
        if (record !== undefined) return record.workspace === workspace ? summaryOf(record) : undefined;
        const start = tables.acceptedStart(workspace, run);
        if (start?.message.kind !== 'start') return undefined;
        const { flow, named, key } = start.message;
        return {
          id: run,
          flow: named === undefined ? flowOf(store, flow) : wantedOf(store, workspace, named),
          status: 'pending',
          waitingFor: null,
          startedAt: start.at,
          endedAt: null,
          key: key?.key ?? null,
        };
      }),
    decisions: ({ workspace, open, assignee, ...page }) =>
      store.serve(() => {
        const found = [...tables.runs.values()]
          .filter((record) => record.workspace === workspace)
          .flatMap((record) => [...record.decisions.values()])
          .filter((decision) => (decision.decided === null) === open)
          .filter(({ ask }) => assignee === undefined || ask?.to.includes(assignee) === true)
          .sort((a, b) => a.askedAt - b.askedAt || (a.id < b.id ? -1 : 1));
        return pageOf<DecisionRow>('decisions', found, (decision) => decision.id, page);
      }),
    decision: (workspace, id) =>
      store.serve(() => {
        for (const record of tables.runs.values()) {
          const found = record.workspace === workspace ? record.decisions.get(id) : undefined;
          if (found !== undefined) return found;
        }
        return undefined;
      }),
  };
}

/** What a name means now. */
function wantedOf(store: SimStore, workspace: string, { version = 'latest', ...name }: FlowName): RunSummary['flow'] {
  const flow = newestFlow(store.tables, workspace, version === 'latest' ? name : { ...name, version });
  return flow === undefined ? { ...name, version, hash: '' } : flowOf(store, flow.hash);
}

function flowOf(store: SimStore, hash: string): RunSummary['flow'] {
  const { namespace = '', name = '', version = '' } = store.tables.flows.get(hash) ?? {};
  return { namespace, name, version, hash };
}
