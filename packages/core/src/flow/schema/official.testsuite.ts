import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import type { Json } from '../../json.ts';

/** The specification's own schema and examples, where a copy stands beside the repository. */
const folder = fileURLToPath(new URL('../../../../../../shared/open-workflow/', import.meta.url));

/** Whether the official schema and examples are there; without them their tests are skipped. */
export const hasOfficial = existsSync(`${folder}schema/workflow.yaml`);

/** What the skipped tests say. */
export const skipNote = hasOfficial ? '' : ' (skipped: the specification is not beside the repository)';

/** The official schema's verdict. */
export function officialVerdict(): (document: Json) => boolean {
  const ajv = new Ajv2020({ strict: false });
  // @ts-ignore the default export of this CommonJS module is the function itself
  addFormats(ajv);
  return ajv.compile(parse(readFileSync(`${folder}schema/workflow.yaml`, 'utf8')) as object);
}

/** The official examples as text, by file name. */
export function officialExamples(): readonly { readonly file: string; readonly text: string }[] {
  if (!hasOfficial) return [];
  return readdirSync(`${folder}examples`).map((file) => ({
    file,
    text: readFileSync(`${folder}examples/${file}`, 'utf8'),
  }));
}
