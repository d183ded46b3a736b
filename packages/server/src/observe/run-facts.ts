import type { RunState } from '@pawl/core';
import type { FlowCache } from '@pawl/runtime';

/** What every line and span about a run says of it. */
export interface RunFacts {
  readonly run: string;
  /** `namespace/name` and version of the flow; absent where it is not in memory. */
  readonly flow?: string;
  readonly version?: string;
  readonly flowHash: string;
  readonly startKey?: string;
  readonly environment: string;
}

/** Runs whose facts are remembered at once. */
const longestMemory = 10_000;

/** Remembers facts of runs between a commit and the attempts that follow it. */
export class FactsOfRuns {
  private readonly known = new Map<string, RunFacts>();
  private readonly flows: Pick<FlowCache, 'peek'>;
  private readonly environment: string;

  constructor(flows: Pick<FlowCache, 'peek'>, environment: string) {
    this.flows = flows;
    this.environment = environment;
  }

  /** The facts of a run whose state was just committed. */
  learn(state: RunState): RunFacts {
    const known = this.known.get(state.id);
    if (known !== undefined) return known;
    const flow = this.flows.peek(state.flow);
    const facts: RunFacts = {
      run: state.id,
      ...(flow === undefined ? {} : { flow: `${flow.namespace}/${flow.name}`, version: flow.version }),
      flowHash: state.flow,
      ...(state.key === undefined ? {} : { startKey: state.key }),
      environment: this.environment,
    };
    this.known.set(state.id, facts);
    if (this.known.size > longestMemory) this.known.delete(this.known.keys().next().value as string);
    return facts;
  }

  /** The facts of a run, as far as they are remembered. */
  of(run: string): RunFacts | { readonly run: string } {
    return this.known.get(run) ?? { run };
  }

  /** The run has ended. */
  forget(run: string): void {
    this.known.delete(run);
  }
}
