import { stat } from 'node:fs/promises';
import { compileSchema, isObject, PawlError } from '@pawl/core';
import type { Json, JsonObject, Page, Validator } from '@pawl/core';
import { actionLimits } from '../limits.ts';
import { findFile, openFile } from './folders.ts';
import type { Snapshot } from './folders.ts';
import { Kept } from './kept.ts';
import { FileReader, formats } from './reader.ts';
import type { FileCursor } from './reader.ts';

/** A file as a dataset: what was found when the step read it. */
export interface FileDataset extends JsonObject {
  readonly kind: 'file';
  readonly path: string;
  readonly format: keyof typeof formats;
  readonly snapshot: { readonly size: number; readonly mtimeMs: number; readonly ino: number };
}

/** The files that Pawl may read. */
export interface FileStore {
  /** Makes a dataset of a file. Throws PAWL_FILE_FORBIDDEN or PAWL_FILE_INVALID. */
  dataset(path: string, format: keyof typeof formats, schema: Json | undefined): Promise<FileDataset>;
  /** Reads at most `size` rows after a cursor; null is the beginning. Rejects with a PawlError that names the row. */
  readPage(dataset: Json, cursor: Json, size: number): Promise<Page>;
  close(): Promise<void>;
}

/** Opens the files below the given folders (PAWL_FILES). */
export function createFileStore(folders: readonly string[]): FileStore {
  const readers = new Kept<FileReader>(actionLimits.openFiles, actionLimits.openFileIdle);
  const schemas = new Map<string, Validator>();
  return {
    dataset: async (path, format, schema) => {
      if (schema !== undefined) validatorOf(schema, schemas);
      const { snapshot } = await findFile(folders, path);
      return { kind: 'file', path, format, ...(schema === undefined ? {} : { schema }), snapshot: { ...snapshot } };
    },
    readPage: async (dataset, cursor, size) => {
      const file = requireDataset(dataset);
      const page = await readRaw(folders, readers, file, requireCursor(cursor), size);
      if (file.schema !== undefined)
        checkRows(page.rows, file, validatorOf(file.schema, schemas), page.next.row - page.rows.length);
      return { rows: page.rows, next: { ...page.next }, last: page.last };
    },
    close: () => readers.close(),
  };
}

interface DatasetParts {
  readonly path: string;
  readonly format: keyof typeof formats;
  readonly snapshot: Snapshot;
  readonly schema: Json | undefined;
}

async function readRaw(
  folders: readonly string[],
  readers: Kept<FileReader>,
  file: DatasetParts,
  cursor: FileCursor | null,
  size: number,
) {
  // A dataset is data that a flow may have written itself: where it points is checked at every page.
  const found = await findFile(folders, file.path);
  requireSame(found.snapshot, file);
  const identity = JSON.stringify([found.real, file.format, found.snapshot]);
  const reader =
    (cursor === null ? undefined : readers.take(keyOf(identity, cursor))) ??
    (await FileReader.open(file.path, await openFile(found, file.path), formats[file.format], cursor));
  try {
    const page = await reader.read(size);
    // What was read counts only if nobody wrote to the file meanwhile.
    requireSame(await stat(found.real), file);
    if (page.last) await reader.close();
    else readers.put(keyOf(identity, page.next), reader);
    return page;
  } catch (error) {
    await reader.close();
    if (error instanceof PawlError) throw error;
    throw new PawlError('PAWL_FILE_INVALID', `The file ${file.path} cannot be read any more.`, { cause: error });
  }
}

function keyOf(identity: string, cursor: FileCursor): string {
  return `${identity}@${cursor.offset}`;
}

function requireSame(now: Snapshot, { path, snapshot }: DatasetParts): void {
  if (now.size === snapshot.size && now.mtimeMs === snapshot.mtimeMs && now.ino === snapshot.ino) return;
  throw new PawlError('PAWL_FILE_INVALID', `The file ${path} has changed since this run began to read it.`, {
    hint: 'Leave a file alone while a run reads it; start a new run to read it as it is now.',
  });
}

function checkRows(rows: readonly Json[], { path }: DatasetParts, validator: Validator, before: number): void {
  const index = rows.findIndex((row) => !validator.accepts(row));
  if (index < 0) return;
  const [problem] = validator.validate(rows[index] ?? null);
  const where = problem === undefined || problem.path === '' ? 'it' : problem.path.slice(1).replaceAll('/', '.');
  const row = before + index + 1;
  throw new PawlError(
    'PAWL_FILE_INVALID',
    `Row ${row} of ${path} does not match the schema: ${where} ${problem?.message ?? 'is not valid'}.`,
    { extra: { row } },
  );
}

function validatorOf(schema: Json, known: Map<string, Validator>): Validator {
  const text = JSON.stringify(schema);
  const found = known.get(text);
  if (found !== undefined) return found;
  const compiled = compileSchema(schema);
  if (!compiled.ok) {
    const [problem] = compiled.problems;
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The schema of the rows is not valid: ${problem?.path ?? ''} ${problem?.message ?? ''}.`,
    );
  }
  const oldest = known.keys().next();
  if (known.size >= actionLimits.rowSchemas && oldest.done !== true) known.delete(oldest.value);
  known.set(text, compiled.value);
  return compiled.value;
}

function requireDataset(dataset: Json): DatasetParts {
  if (
    isObject(dataset) &&
    dataset['kind'] === 'file' &&
    typeof dataset['path'] === 'string' &&
    isFormat(dataset['format']) &&
    isObject(dataset['snapshot'])
  ) {
    const { size, mtimeMs, ino } = dataset['snapshot'];
    if (typeof size === 'number' && typeof mtimeMs === 'number' && typeof ino === 'number') {
      return {
        path: dataset['path'],
        format: dataset['format'],
        snapshot: { size, mtimeMs, ino },
        schema: dataset['schema'],
      };
    }
  }
  throw new PawlError(
    'PAWL_FILE_INVALID',
    'This is not a dataset that Pawl can read. Use the dataset that file.read returns, unchanged.',
  );
}

function isFormat(value: Json | undefined): value is keyof typeof formats {
  return typeof value === 'string' && Object.hasOwn(formats, value);
}

function requireCursor(cursor: Json): FileCursor | null {
  if (cursor === null) return null;
  if (isObject(cursor) && Number.isSafeInteger(cursor['offset']) && Number.isSafeInteger(cursor['row'])) {
    const { offset, row } = cursor as { offset: number; row: number };
    if (offset >= 0 && row >= 0) return { offset, row };
  }
  throw new PawlError('PAWL_INTERNAL', 'This is not a cursor of a file.');
}
