import type { Tables } from './tables.ts';

/** All that a simulated store held at a moment, by the names of its tables. */
export type TablesCopy = ReadonlyMap<string, unknown>;

/** Copies all tables as they are now. */
export function copyTables(tables: Tables): TablesCopy {
  return new Map(Object.entries(tables).map(([name, table]) => [name, copyOf(table)]));
}

/** Gives all tables the rows that they had. A copy may be used again. */
export function restoreTables(tables: Tables, copy: TablesCopy): void {
  for (const [name, table] of copy) Object.assign(tables, { [name]: copyOf(table) });
}

/** A copy that shares nothing that may be changed. Texts and numbers are what they are. */
function copyOf(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, copyOf(one)]));
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.create(Object.getPrototypeOf(value) as object) as object;
  for (const [name, member] of Object.entries(value)) Object.assign(copy, { [name]: copyOf(member) });
  return copy;
}
