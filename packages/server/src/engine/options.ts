import type { Action, Endpoint, Grant, PostgresDefinition } from '@pawl/actions';
import type { Fault, Limits, Log } from '@pawl/core';
import type { OpenStoreOptions } from '@pawl/store';
import type { LogLevel } from './log.ts';
import type { KeySource } from '../secrets/key-ring.ts';
import type { EngineObserver } from './observers.ts';
import type { SinkOptions } from './event-sink.ts';

/**
 * What the engine's worker does. `shares`: takes its part of all runs. `beside`: joins and takes over nothing by itself.
 * `none`: there is no worker; runs are accepted, others advance them. `only`: owns and advances this one run.
 */
export type WorkerMode = 'shares' | 'beside' | 'none' | { readonly only: string };

/** What an engine is made of. */
export interface EngineOptions {
  /** Pawl's own database: `postgresql://…` or the driver's options. */
  readonly database: OpenStoreOptions['url'];
  /** Default: `default`. */
  readonly workspace?: string;
  /** Default: `shares`. */
  readonly worker?: WorkerMode;
  /** PAWL_ALLOW_NETS: what egress may reach beyond the public internet. Default: nothing. */
  readonly allowNets?: string;
  /** Endpoints that no flow ever reaches, such as Pawl's own API; the database is added by itself. */
  readonly denyEndpoints?: readonly Endpoint[];
  /** PAWL_FILES: folders that file actions may read. Default: none. */
  readonly files?: readonly string[];
  /** PAWL_ALLOW_RUN: programs that `run` may start beyond scripts in the sandbox. Default: none. */
  readonly allowRun?: string;
  /** PAWL_CONNECTIONS: path of the connections file. Default: none. */
  readonly connectionsFile?: string;
  /** Further connections; they go before those of the file. */
  readonly connections?: Readonly<Record<string, PostgresDefinition>>;
  /** Where the key of the secrets comes from. Default: there is none, and no secret can be set or opened. */
  readonly keys?: KeySource;
  /** Nets that only some flows may reach. */
  readonly grants?: readonly Grant[];
  /** PAWL_EVENT_SINK: where events are posted that come, are emitted, or tell of runs. Default: nowhere. */
  readonly eventSink?: SinkOptions;
  /** A file that remembers how far the database was, so that a restored one is noticed (see `OpenStoreOptions`). Default: none. */
  readonly lineageFile?: string;
  /** Folder of this machine's wire files, shared by its workers (see `WireFile`). Default: none are kept. */
  readonly wireFolder?: string;
  /** Further actions of this process. */
  readonly extraActions?: readonly Action[];
  /** Default: JSON lines on stderr. */
  readonly log?: Log;
  /** Of the default log; `debug` tells of each run and attempt, to a log of one's own too. Default: `info`. */
  readonly logLevel?: LogLevel;
  /** Told after each commit; see also `Engine.observe`. */
  readonly observe?: EngineObserver;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Uses a database server whose `fsync` is off. Default: false. */
  readonly allowUnsafe?: boolean;
  /** Fault points of tests. Default: what the variable PAWL_FAULT arms (see `armedFault`), else none. */
  readonly fault?: Fault;
}
