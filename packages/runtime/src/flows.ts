import type { Actions, CompiledFlow, Json, WorkerStore } from '@pawl/core';
import { compileFlow, PawlError } from '@pawl/core';
import { bounds } from './bounds.ts';

/** Compiled flow versions by hash: what has not been used for longest goes first. */
export class FlowCache {
  private readonly store: Pick<WorkerStore, 'flow'>;
  private readonly catalog: Pick<Actions, 'describe'>;
  private readonly flows = new Map<string, CompiledFlow>();
  private readonly loading = new Map<string, Promise<CompiledFlow>>();

  constructor(store: Pick<WorkerStore, 'flow'>, catalog: Pick<Actions, 'describe'>) {
    this.store = store;
    this.catalog = catalog;
  }

  /** The flow, if it is here. */
  peek(hash: string): CompiledFlow | undefined {
    return this.flows.get(hash);
  }

  /** The flow, read and compiled where needed. Rejects with PAWL_FLOW_UNKNOWN, PAWL_FLOW_INVALID or what the store says. */
  load(hash: string): Promise<CompiledFlow> {
    const flow = this.flows.get(hash);
    if (flow !== undefined) return Promise.resolve(flow);
    let loading = this.loading.get(hash);
    if (loading === undefined) {
      loading = this.read(hash).finally(() => this.loading.delete(hash));
      this.loading.set(hash, loading);
    }
    return loading;
  }

  private async read(hash: string): Promise<CompiledFlow> {
    const version = await this.store.flow(hash);
    if (version === undefined)
      throw new PawlError('PAWL_FLOW_UNKNOWN', `There is no flow version with the hash ${hash}.`);
    const flow = compileFlow(JSON.parse(version.document) as Json, this.catalog);
    this.flows.set(hash, flow);
    if (this.flows.size > bounds.flows) this.flows.delete(this.flows.keys().next().value as string);
    return flow;
  }
}
