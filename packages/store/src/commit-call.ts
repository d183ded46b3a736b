import type { Commit } from '@pawl/core';
import { int2Array, int8Array, textArray, uuidArray } from './binary-arrays.ts';
import { commitStatement, encodeCommit, type Numbers } from './encode-commit.ts';
import { messageKey } from './message-key.ts';

/** One statement of a commit, prepared once a connection under its name. */
export interface CommitCall {
  readonly name: string;
  readonly text: string;
  readonly values: Buffer[];
}

/** What a commit says to others is written by functions of its own, so that one that says nothing costs nothing more. */
interface Part {
  /** Tells the prepared statements apart. */
  readonly mark: string;
  readonly call: string;
  says(commit: Commit): boolean;
  encode(commit: Commit, numbers: Numbers): Buffer[];
}

/** Stands for nobody where an array of uuids has no null. */
const nobody = '00000000-0000-0000-0000-000000000000';

const parts: readonly Part[] = [
  {
    mark: 'm',
    call: 'pawl.send_messages',
    says: ({ messages = [] }) => messages.length > 0,
    encode: encodeMessages,
  },
];

/**
 * The call that writes a commit: `pawl.commit`, and what says more with its answer. Each part is a volatile function, so
 * its statements see what those before wrote. Throws a PoisonError for texts that have no stored form.
 */
export function commitCall(commit: Commit, numbers: Numbers): CommitCall {
  const values = encodeCommit(commit, numbers);
  const said = parts.filter((part) => part.says(commit));
  if (said.length === 0) return { ...commitStatement, values };
  const calls = said.map((part, i) => {
    const more = part.encode(commit, numbers);
    const parameters = more.map((value) => `$${values.push(value)}`);
    return `${part.call}(c.lost, ${parameters.join(', ')}) as said${i}`;
  });
  return {
    name: `${commitStatement.name}-${said.map((part) => part.mark).join('')}`,
    text: `with c as materialized (${commitStatement.text}) select c.lost, ${calls.join(', ')} from c`,
    values,
  };
}

function encodeMessages({ messages = [] }: Commit): Buffer[] {
  return [
    int2Array(messages, (row) => row.partition),
    uuidArray(messages, (row) => messageKey(row.id)),
    textArray(messages, (row) => row.id),
    uuidArray(messages, (row) => row.run),
    int8Array(messages, (row) => row.at),
    textArray(messages, (row) => JSON.stringify(row.message)),
    uuidArray(messages, (row) => row.from ?? nobody),
  ];
}
