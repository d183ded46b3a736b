import { PawlError } from '@pawl/core';

/** Longest name that PostgreSQL keeps (bytes); it would cut a longer one silently. */
const nameBytes = 63;

/** A name as SQL text: in quotes, which makes any other text inert. Throws PAWL_ACTION_INPUT for what is no name. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\u0000') || Buffer.byteLength(name) > nameBytes) {
    throw new PawlError('PAWL_ACTION_INPUT', `${JSON.stringify(name.slice(0, 80))} is no name of a table or column.`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `table` or `schema.table` as SQL text. */
export function quoteTable(name: string): string {
  const parts = name.split('.');
  if (parts.length > 2)
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `${JSON.stringify(name.slice(0, 140))} is no table. Write table or schema.table.`,
    );
  return parts.map(quoteName).join('.');
}
