import { PawlError } from '@pawl/core';
import type { Session } from './database.ts';
import { quoteName, quoteTable } from './identifiers.ts';

/** What an upsert must know of a table. */
export interface Table {
  /** Quoted name. */
  readonly name: string;
  /** Quoted names of all columns, in the order of the table's row type. */
  readonly columns: readonly string[];
}

/** Tables of one database, looked up once. */
export class TableCache {
  readonly #known = new Map<string, Table>();

  /** The table; throws PAWL_ACTION_INPUT when there is none of this name. */
  async get(session: Session, name: string): Promise<Table> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const quoted = quoteTable(name);
    const { rows } = await session.run(
      `select attname::text as name from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`,
      [quoted],
    );
    if (rows.length === 0) throw new PawlError('PAWL_ACTION_INPUT', `There is no table ${name} in the database.`);
    const table = { name: quoted, columns: rows.map((row) => quoteName(String(row['name']))) };
    this.#known.set(name, table);
    return table;
  }

  /** Forgets a table that turned out to be another one by now. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}
