import type { Json } from '@pawl/core';
import type { FlowName } from '../egress/egress.ts';
import type { HostRule } from './hosts.ts';

/** A secret whose value is known in this process, for one attempt. */
export interface OpenedSecret {
  readonly workspace: string;
  readonly name: string;
  /** The version of its value. */
  readonly version: number;
  /** A text, or an object such as the policy of an authentication. */
  readonly value: Json;
  /** Where it may be sent; undefined: anywhere. */
  readonly hosts: readonly HostRule[] | undefined;
}

/** Where actions find secrets. */
export interface Secrets {
  /**
   * The secrets of these names in the flow's workspace, each as it is now. Rejects with PAWL_SECRET_UNKNOWN, with PAWL_FORBIDDEN for a flow that
   * may not use one, with PAWL_SECRET_KEY where its value cannot be opened, or with PAWL_STORE_UNREACHABLE.
   */
  open(names: readonly string[], flow: FlowName): Promise<readonly OpenedSecret[]>;
}
