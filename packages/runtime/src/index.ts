export { bounds } from './bounds.ts';
export { FlowCache } from './flows.ts';
export type { AttemptNote, RunEnd, RuntimeObserver } from './observe.ts';
export type { StartRequest } from './starts.ts';
export type { Worker, WorkerOptions, WorkerStats } from './worker.ts';
export { createWorker } from './worker.ts';
