import { takenTwice } from './event-audit.ts';
import type { Evidence } from './invariants.ts';
import type { Plan } from './planner.ts';

/** I3, of events and child runs: none is lost, and none comes twice. */
export function eventsOnce({ auditor, tables, events, people }: Evidence): void {
  // What a database that went back has lost is looked at by others.
  if (tables.lineage.number > 0) return;
  const accepted = new Set([...tables.events.events.values()].map(({ row }) => `${row.source} ${row.id}`));
  for (const id of people.published) if (!accepted.has(id)) auditor.report('I3', `the accepted event ${id} is lost`);
  for (const [run, audited] of auditor.runs) {
    for (const what of takenTwice(audited.events)) auditor.report('I3', `run ${run} has taken an event twice: ${what}`);
    for (const event of audited.events) {
      if (event.type === 'event.emitted') {
        const id = `${String(event.event['source'])} ${String(event.event['id'])}`;
        if (!accepted.has(id)) auditor.report('I3', `the event ${id} of run ${run} is lost`);
      }
      if (event.type === 'child.started' && !tables.runs.has(event.child))
        auditor.report('I3', `the child run ${event.child} of run ${run} did not begin`);
    }
    if (audited.state.status !== 'running' && audited.state.parent !== undefined && !events.ends.has(`end:${run}`))
      auditor.report('I3', `nobody was told of the end of run ${run}`);
  }
}

/** I3, of schedules: each tick and each event starts one run, and no run starts before the one that it comes after has ended. */
export function ticksOnce({ auditor, tables, planner, events }: Evidence): void {
  const { plan, orders } = planner;
  if (plan === undefined || tables.lineage.number > 0) return;
  const versions = new Set(plan.flows.map(({ hash }) => hash));
  const runs = [...tables.runs.values()].filter(({ flow }) => versions.has(flow));
  if (plan.spec.kind === 'on') {
    const inputs = runs.map(({ run }) => JSON.stringify(auditor.runs.get(run)?.state.input)).sort();
    const wanted = orders.map((nr) => JSON.stringify([{ nr }])).sort();
    if (JSON.stringify(inputs) !== JSON.stringify(wanted))
      auditor.report('I3', `events ${wanted.join()} started runs with the inputs ${inputs.join()}`);
    return;
  }
  if (plan.spec.kind === 'after') {
    if (runs.length === 0) auditor.report('I3', 'the schedule never started a run');
    for (const what of events.overlaps) auditor.report('I3', what);
    return;
  }
  const ticks = ticksOf(plan);
  if (runs.length !== ticks.length) auditor.report('I3', `${ticks.length} ticks started ${runs.length} runs`);
}

/** The ticks that a schedule has dealt with, by simple arithmetic: both grids are those of a clock. */
function ticksOf({ spec, last }: Plan): number[] {
  const ticks: number[] = [];
  if (last === undefined) return ticks;
  if (spec.kind === 'every') {
    for (let tick = last.anchor + spec.every.ms; tick <= last.last; tick += spec.every.ms) ticks.push(tick);
  }
  if (spec.kind === 'cron') {
    for (let tick = Math.ceil((last.anchor + 1) / 1_000) * 1_000; tick <= last.last; tick += 1_000)
      if (spec.cron.match(new Date(tick))) ticks.push(tick);
  }
  return ticks;
}
