import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference-pages.ts';

// `npm run docs`: writes the reference pages that are made from the sources.
const root = fileURLToPath(new URL('..', import.meta.url));
for (const [path, text] of await referencePages(root)) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  process.stdout.write(`${path}\n`);
}
