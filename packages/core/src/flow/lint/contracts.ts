import { isObject } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import { listWords } from '../../schema/problems.ts';
import { isAsk } from '../ask.ts';
import { pawlOf } from '../contract-read.ts';
import { readDocumentContract, readTaskContract } from '../contract.ts';
import { expressionOf, scanText } from '../expression-text.ts';
import { member } from '../member.ts';
import { programOf } from '../program-task.ts';
import { protocols } from '../schema/tasks.ts';
import { actionOf } from './calls.ts';
import { used } from './references.ts';
import { refuse, warn } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** `metadata.pawl`: its form, where it stands, and whether the action can keep it. */
export function lintContracts(lint: Lint): void {
  const head = readDocumentContract(pawlOf(lint.document['document'] as JsonObject), '/document/metadata/pawl');
  for (const problem of head.problems) lint.report(problem);
  if (head.contract.start !== undefined && isConstant(head.contract.start.key)) {
    warn(
      lint,
      'PAWL_FLOW_KEY_CONSTANT',
      '/document/metadata/pawl/start/key',
      'The start key is always the same, so this flow will ever run once.',
      'take it from the input: ${ .orderId }',
    );
  }
  for (const site of lint.sites.tasks) {
    lintTaskContract(lint, site);
    lintRetriedCall(lint, site);
  }
}

/** A start key is an expression; one that reads nothing of the input is a constant. */
function isConstant(key: string): boolean {
  return /^"[^"\\]*"$/.test(expressionOf(key).source.trim());
}

const ofCalls = ['guarantee', 'key', 'keyIn', 'attempts', 'onAmbiguous'];

function lintTaskContract(lint: Lint, site: TaskSite): void {
  const pawl = pawlOf(site.task);
  if (pawl === undefined) return;
  const path = `${site.path}/metadata/pawl`;
  const { contract, problems } = readTaskContract(pawl, path);
  for (const problem of problems) lint.report(problem);
  const effect =
    programOf(site.task) !== undefined ||
    (site.kind === 'call' &&
      !isAsk(lint.document, site.task['call']) &&
      !Object.hasOwn(used(lint.document, 'functions'), site.task['call'] as string));
  const misplaced = [...(effect ? [] : ofCalls), ...(site.kind === 'for' ? [] : ['batch'])].filter(
    (name) => isObject(pawl) && pawl[name] !== undefined,
  );
  for (const name of misplaced) {
    const where =
      name === 'batch'
        ? 'a "for"'
        : site.kind === 'call'
          ? 'the task that does the call, inside of the function'
          : 'a "call"';
    refuse(
      lint,
      'PAWL_FLOW_CONTRACT_PLACE',
      `${path}/${name}`,
      `${name} has no meaning on this task.`,
      `it goes on ${where}`,
    );
  }
  if (contract.batch !== undefined && site.task['while'] !== undefined) {
    refuse(
      lint,
      'PAWL_FLOW_CONTRACT_PLACE',
      `${site.path}/while`,
      'A batch goes over its whole dataset: "while" has no meaning on it.',
      'leave rows out by an expression inside, or read less',
    );
  }
  if (contract.batch !== undefined && Array.isArray(member(site.task['for'], 'in'))) {
    refuse(
      lint,
      'PAWL_FLOW_CONTRACT_PLACE',
      `${path}/batch`,
      'Pages are read from a dataset, and this "for" goes over a list in the flow.',
      'give "in" the dataset that file.read answers',
    );
  }
  if (!effect) return;
  lintKey(lint, `${path}/key`, contract.key);
  lintGuarantee(lint, site, path, contract);
}

function lintKey(lint: Lint, path: string, key: string | undefined): void {
  if (key === undefined || scanText(key).kind !== 'literal') return;
  if (/^\s*[.$]/.test(key)) {
    refuse(
      lint,
      'PAWL_FLOW_CONTRACT',
      path,
      `The key is the text ${JSON.stringify(key)}, the same for every run: the target would take all of them for one.`,
      `write \${ ${key.trim()} }`,
    );
  } else {
    warn(
      lint,
      'PAWL_FLOW_KEY_CONSTANT',
      path,
      'The key is the same for every run, so the target takes all of them for one.',
      'take it from the data: ${ .order.id }',
    );
  }
}

function lintGuarantee(
  lint: Lint,
  site: TaskSite,
  path: string,
  contract: ReturnType<typeof readTaskContract>['contract'],
): void {
  const { guarantee, keyIn } = contract;
  if (keyIn !== undefined && guarantee !== undefined && guarantee !== 'keyed') {
    refuse(
      lint,
      'PAWL_FLOW_GUARANTEE',
      `${path}/keyIn`,
      `keyIn tells how a target takes a key, which only the guarantee keyed uses; this step says ${guarantee}.`,
      'write guarantee: keyed, or take keyIn out',
    );
  }
  if (guarantee === 'keyed' && keyIn === undefined && protocols.includes(site.task['call'] as string)) {
    refuse(
      lint,
      'PAWL_FLOW_GUARANTEE',
      `${path}/guarantee`,
      'The step is keyed, and does not say how the target takes the key.',
      'add keyIn: {header: Idempotency-Key, retention: P1D}',
    );
  }
  const action = actionOf(lint, site);
  if (guarantee === undefined || action === undefined || action.declarable.includes(guarantee)) return;
  const own = action.guarantee(argumentsOf(site), keyIn);
  if (own === guarantee) return;
  const hint =
    action.declarable.length === 0
      ? 'take the guarantee out'
      : `this action takes ${listWords(action.declarable, 'or')}`;
  refuse(
    lint,
    'PAWL_FLOW_GUARANTEE',
    `${path}/guarantee`,
    `The action ${action.name} knows its guarantee itself (${own}); the step cannot say ${guarantee}.`,
    hint,
  );
}

/** What a retry around a call may do to it. */
function lintRetriedCall(lint: Lint, site: TaskSite): void {
  const action = actionOf(lint, site);
  if (!site.retried || action === undefined) return;
  const { contract } = readTaskContract(pawlOf(site.task), '');
  const guarantee = contract.guarantee ?? action.guarantee(argumentsOf(site), contract.keyIn);
  if (guarantee === 'once') {
    const message =
      'A retry around this step cannot always repeat it: when the answer is lost, nobody knows whether it was applied, and a person is asked.';
    warn(
      lint,
      'PAWL_FLOW_RETRY_ONCE',
      site.path,
      message,
      'if the target can tell a repeat, say so: metadata.pawl.keyIn or guarantee',
    );
  } else if (guarantee === 'keyed' && contract.key !== undefined) {
    warn(
      lint,
      'PAWL_FLOW_RETRY_KEYED',
      `${site.path}/metadata/pawl/key`,
      'A target may answer a retry under the same natural key with its first refusal.',
      'leave key out: Pawl then makes a new key after a certain refusal',
    );
  }
}

function argumentsOf({ task }: TaskSite): JsonObject {
  const program = programOf(task);
  if (program !== undefined) return program.given;
  return isObject(task['with']) ? task['with'] : {};
}
