export type { DeployOptions, Deployment } from './engine/deploy.ts';
export type { Engine } from './engine/engine.ts';
export type { LogLevel } from './engine/log.ts';
export { logLevels, openLog } from './engine/log.ts';
export type { MessageVerdict, Sender } from './engine/messages.ts';
export type { EngineObserver, StoreNote } from './engine/observers.ts';
export { openEngine } from './engine/open-engine.ts';
export type { EngineOptions, WorkerMode } from './engine/options.ts';
export type { OpenWork, PublicRun } from './engine/read-run.ts';
export type { FlowRef, Started, StartOptions } from './engine/start-run.ts';
export type { Server, ServeOptions } from './http/serve.ts';

/** Serves the HTTP API of an engine; see `ServeOptions`. The framework is loaded here, so that an engine alone starts without it. */
export const serve: typeof import('./http/serve.ts').serve = async (engine, options) =>
  (await import('./http/serve.ts')).serve(engine, options);
