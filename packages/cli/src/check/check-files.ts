import { nodeHash } from '@pawl/actions';
import { checkFlow, ensureError } from '@pawl/core';
import type { CheckedFlow, CheckResult, Problem } from '@pawl/core';
import { catalog } from '../catalog.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { plain, print, printJson, table } from '../output.ts';
import { readText } from '../read-input.ts';
import { formatOf, problemLine } from './problem-line.ts';
import { stepGuarantees } from './step-guarantees.ts';

/** Checks every file, one after the other, and prints what was found; 2 when one is not valid. */
export async function checkFiles(files: readonly string[], json: boolean): Promise<ExitCode> {
  const reports: { readonly file: string; readonly valid: boolean; readonly problems: readonly Problem[] }[] = [];
  for (const file of files) {
    const { valid, problems, flow } = await checkFile(file);
    reports.push({ file, valid, problems });
    if (!json) printReport(file, valid, problems, files.length === 1 ? flow : undefined);
  }
  if (json) printJson({ files: reports });
  return reports.every(({ valid }) => valid) ? exitCodes.done : exitCodes.invalid;
}

async function checkFile(file: string): Promise<CheckResult> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const { message } = ensureError(error);
    return { valid: false, problems: [{ code: 'PAWL_USAGE', severity: 'error', path: '', message }], missing: [] };
  }
  return checkFlow(text, { purpose: 'check', catalog: catalog(), hash: nodeHash, format: formatOf(file) });
}

/** Whether a problem kept the rest of the document from being checked: it has not the form of a flow. */
function stopsTheCheck(code: string): boolean {
  return code.startsWith('PAWL_FLOW_SCHEMA') || unreadable.has(code);
}

const unreadable = new Set(['PAWL_FLOW_SYNTAX', 'PAWL_FLOW_SEVERAL', 'PAWL_FLOW_DUPLICATE_KEY', 'PAWL_FLOW_KEY']);

function printReport(file: string, valid: boolean, problems: readonly Problem[], flow: CheckedFlow | undefined): void {
  for (const problem of problems) print(problemLine(file, problem));
  if (!valid) {
    // Only a document with the form of a flow is looked at more closely.
    if (problems.some(({ code }) => stopsTheCheck(code)))
      print(`${plain(file)}: more is checked once the errors above are mended`);
    return;
  }
  print(`${plain(file)}: valid${problems.length === 0 ? '' : ', with warnings'}`);
  const steps = flow === undefined ? [] : stepGuarantees(flow);
  if (steps.length === 0) return;
  print();
  print(
    table(
      ['step', 'action', 'guarantee', 'because'],
      steps.map(({ name, action, guarantee, why }) => [name, action, guarantee, why]),
    ),
  );
}
