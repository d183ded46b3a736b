import type { JsonObject } from '../../json.ts';
import { pawlOf } from '../contract-read.ts';
import type { Lint } from '../lint/report.ts';
import { member } from '../member.ts';
import { functionEnd } from './calling.ts';
import { fieldShape, templateShape, transformed } from './evaluate.ts';
import { runtimeShape, workflowShape } from './known.ts';
import { walkList } from './lists.ts';
import { programReader } from './programs.ts';
import { anyShape, nullShape } from './shape.ts';
import { schemaShape, walkTask } from './tasks.ts';
import type { Finding, Place, Walk } from './walk.ts';
import { joinedStates, questionOf, unknownState } from './walk.ts';

const functionsPath = '/use/functions/';

/** What of a flow is walked over; the schema must have accepted the document. */
type Walked = Pick<Lint, 'document' | 'sites' | 'catalog'>;

/** Follows the data through a flow, and gives what its expressions do that cannot be meant. */
export function findClashes(lint: Walked): readonly Finding[] {
  return meant(walkFlow(lint, walkTask));
}

/** Follows the data through a flow; `task` follows it through one task. */
export function walkFlow(lint: Walked, task: Walk['task']): Walk {
  const { document } = lint;
  const input = schemaShape(document['input'], "the schema of the flow's input");
  const walk = walkOf(
    lint,
    task,
    new Map([
      ['workflow', workflowShape(input)],
      ['runtime', runtimeShape],
    ]),
  );
  for (const name of walk.functions.keys()) functionEnd(walk, name);
  walkExtensions(walk);
  const place: Place = { path: '/input/from', dot: input, variables: walk.variables, origin: "the flow's input.from" };
  const start = member(pawlOf(document['document'] as JsonObject), 'start');
  const key = member(start, 'key');
  if (typeof key === 'string')
    fieldShape(walk, key, { ...place, path: '/document/metadata/pawl/start/key', variables: new Map() });
  const value = transformed(walk, member(document['input'], 'from'), place) ?? input;
  const timeout = member(document['timeout'], 'after');
  if (timeout !== undefined) templateShape(walk, timeout, { ...place, path: '/timeout/after', dot: value });
  const done = joinedStates(walkList(walk, '/do', { value, context: nullShape }, new Map()), walk.ended);
  if (done !== undefined) {
    const context = walk.extended ? anyShape : done.context;
    transformed(walk, member(document['output'], 'as'), {
      path: '/output/as',
      dot: walk.extended ? anyShape : done.value,
      variables: new Map(walk.variables).set('context', context),
      origin: "the flow's output",
    });
  }
  return walk;
}

function walkOf({ document, sites, catalog }: Walked, task: Walk['task'], variables: Walk['variables']): Walk {
  const alone = sites.tasks.filter(({ list }) => list === undefined);
  const extensions = member(document['use'], 'extensions');
  return {
    document,
    catalog,
    variables,
    lists: new Map(sites.lists.map((list) => [list.path, list])),
    functions: new Map(alone.filter(({ path }) => path.startsWith(functionsPath)).map((site) => [site.name, site])),
    programs: programReader(),
    task,
    extended: Array.isArray(extensions) && extensions.length > 0,
    findings: [],
    asked: new Set(),
    ended: undefined,
    exported: [],
    functionEnds: new Map(),
    loops: 0,
    depth: 0,
  };
}

/** The tasks of extensions stand around any task, so nothing is known where they begin. */
function walkExtensions(walk: Walk): void {
  for (const [path, list] of walk.lists) if (list.owner === 'extension') walkList(walk, path, unknownState, new Map());
}

/** Findings without those about members of which the flow itself asks whether they are there. */
function meant({ findings, asked }: Walk): readonly Finding[] {
  return findings.filter(
    ({ what }) => what.kind === 'fails' || !what.objects.some((object) => asked.has(questionOf(object, what.name))),
  );
}
