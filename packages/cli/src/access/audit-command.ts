import { type Json, type JsonObject, PawlError } from '@pawl/core';
import { cell, time } from '../client/words.ts';
import type { AuditOptions } from '../commands/audit.ts';
import { longDurationArgument } from '../commands/duration-argument.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note, print, printJson, table } from '../output.ts';
import { type Desk, withDesk } from '../secrets/desk.ts';

/** Items that one request asks for. */
const pageSize = 100;

/** Shows the audit trail, or says whether it is whole. Throws PAWL_USAGE. */
export async function auditCommand(what: string, options: AuditOptions): Promise<ExitCode> {
  const since = options.since === undefined ? undefined : timeOf(options.since);
  const verifies = what === 'verify' || options.verify === true;
  if (!verifies && options.known !== undefined)
    throw new PawlError('PAWL_USAGE', '--known goes with verify: pawl audit verify --known SEQ:HASH.');
  return withDesk((desk) => (verifies ? verify(desk, options) : list(desk, since, options)), {
    direct: options.direct === true,
  });
}

/** A time as the API takes it; a length of time counts back from now. */
function timeOf(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Date.now() - lengthOf(text);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new PawlError(
    'PAWL_USAGE',
    `--since takes a date, a time, or a length such as 7d, not ${JSON.stringify(text)}.`,
  );
}

function lengthOf(text: string): number {
  try {
    return longDurationArgument(text);
  } catch {
    return Number.NaN;
  }
}

async function list(desk: Desk, since: string | undefined, { limit, json }: AuditOptions): Promise<ExitCode> {
  const items: JsonObject[] = [];
  let next: string | undefined;
  do {
    const query = { since, cursor: next, limit: String(Math.min(pageSize, limit - items.length)) };
    const page = await desk('audit', { query });
    items.push(...(page['items'] as readonly JsonObject[]));
    next = typeof page['next'] === 'string' ? page['next'] : undefined;
  } while (next !== undefined && items.length < limit);
  if (json === true) printJson({ items, next: next ?? null });
  else if (items.length === 0) print('Nothing is recorded.');
  else
    print(
      table(
        ['no.', 'when', 'by', 'did', 'to', 'change', 'why'],
        items.map((item) => [
          ...[cell(item['seq']), time(item['at']), cell(item['by']), cell(item['act']), cell(item['object'])],
          ...[changeText(item), cell(item['reason'])],
        ]),
      ),
    );
  return exitCodes.done;
}

function changeText({ before, after }: JsonObject): string {
  const shown = [before, after].map((value: Json | undefined) => cell(value));
  return shown[0] === '' ? (shown[1] ?? '') : shown.join(' → ');
}

async function verify(desk: Desk, { known, json }: AuditOptions): Promise<ExitCode> {
  const answer = await desk('audit/verify', { query: { known } });
  const broken = answer['broken'] as JsonObject | null;
  const entries = `${cell(answer['entries'])} ${answer['entries'] === 1 ? 'entry is' : 'entries are'} as written`;
  if (json === true) printJson(answer);
  else if (broken === null)
    print(`${entries}. Note the last one elsewhere: ${cell(answer['entries'])}:${cell(answer['hash'])}`);
  else note(`The audit trail was changed. ${entries}; then entry ${cell(broken['seq'])}: ${cell(broken['detail'])}`);
  return broken === null ? exitCodes.done : exitCodes.failed;
}
