import type { DefineCommand } from './define-command.ts';

interface Entry {
  /** One line of `pawl --help`. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: DefineCommand }>;
}

/** All commands by name, in the order of the help. */
export const commands: Readonly<Record<string, Entry>> = {
  start: { summary: 'start Pawl: database, worker, HTTP server, examples', load: () => import('./commands/start.ts') },
  worker: { summary: 'add a worker to the database of a Pawl', load: () => import('./commands/worker.ts') },
  run: { summary: 'run one flow to its end', load: () => import('./commands/run.ts') },
  check: { summary: 'say what is wrong with flow documents', load: () => import('./commands/check.ts') },
  deploy: { summary: 'publish a flow on the server', load: () => import('./commands/deploy.ts') },
  flows: { summary: 'list the flows of the server', load: () => import('./commands/flows.ts') },
  runs: { summary: 'list the runs of the server', load: () => import('./commands/runs.ts') },
  show: { summary: 'show a run and what happened in it', load: () => import('./commands/show.ts') },
  cancel: { summary: 'cancel a run', load: () => import('./commands/cancel.ts') },
  resume: { summary: 'let a run go on that was set aside', load: () => import('./commands/resume.ts') },
  decide: { summary: 'list or answer what waits for a person', load: () => import('./commands/decide.ts') },
  schedules: {
    summary: 'list, pause or resume what starts flows by itself',
    load: () => import('./commands/schedules.ts'),
  },
  events: { summary: 'list the events that came', load: () => import('./commands/events.ts') },
  emit: { summary: 'send an event to the flows that listen', load: () => import('./commands/emit.ts') },
  secret: { summary: 'keep values that flows send and nobody reads', load: () => import('./commands/secret.ts') },
  connection: { summary: 'keep accounts at databases', load: () => import('./commands/connection.ts') },
  token: { summary: 'say who may use this Pawl, and for what', load: () => import('./commands/token.ts') },
  audit: { summary: 'show who did what, when and why', load: () => import('./commands/audit.ts') },
  jq: { summary: 'run a jq program as flows do', load: () => import('./commands/jq.ts') },
  doctor: { summary: 'check this machine and the database', load: () => import('./commands/doctor.ts') },
};
