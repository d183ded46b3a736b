import { ensureError, PawlError } from '@pawl/core';
import { exitCodes, type ExitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { sentence } from '../report.ts';
import { readSettings } from '../settings.ts';
import { examineDatabase } from './examine-database.ts';
import { examineEnvironment } from './examine-environment.ts';
import { fail, type Finding } from './finding.ts';
import { examineServer } from './examine-server.ts';

/** Looks at machine, settings, database and server, and prints what it found; 1 when something does not work. */
export async function examine(database: string | undefined, json: boolean): Promise<ExitCode> {
  const read = readSettings();
  const settings = { ...read, databaseUrl: database ?? read.databaseUrl };
  const findings: Finding[] = [
    ...examineEnvironment(settings),
    ...(await examineDatabase(settings).catch((error: unknown) => [failed('database', error)])),
    ...(await examineServer(settings).catch((error: unknown) => [failed('server', error)])),
  ];
  if (json) printJson({ findings });
  else
    print(
      table(
        ['', 'check', 'found'],
        findings.map(({ check, status, detail, hint }) => [
          status,
          check,
          hint === '' ? detail : `${sentence(detail)} ${hint}`,
        ]),
      ),
    );
  return findings.some(({ status }) => status === 'fail') ? exitCodes.failed : exitCodes.done;
}

function failed(check: string, error: unknown): Finding {
  if (error instanceof PawlError) return fail(check, `${error.code}: ${error.message}`, error.hint);
  return fail(check, ensureError(error).message, 'See whether it can be reached from here.');
}
