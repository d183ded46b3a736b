import { readFile } from 'node:fs/promises';
import { PawlError } from '@pawl/core';
import { Type } from 'typebox';
import type { App } from '../app.ts';

const types = { css: 'text/css', html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml' } as const;
const files = {
  'status.html': types.html,
  'status.css': types.css,
  'status.js': types.js,
  'ask-form.js': types.js,
  'element.js': types.js,
  'mark.svg': types.svg,
} as const;

/** The status page and its files, read once. */
export async function pageRoutes(app: App): Promise<void> {
  const loaded = new Map<string, { readonly type: string; readonly text: string }>();
  for (const [name, type] of Object.entries(files)) {
    loaded.set(name, {
      type: `${type}; charset=utf-8`,
      text: await readFile(new URL(`../../page/${name}`, import.meta.url), 'utf8'),
    });
  }
  const get = (name: string): { readonly type: string; readonly text: string } => {
    const file = loaded.get(name);
    if (file === undefined) throw new PawlError('PAWL_NOT_FOUND', 'The page has no such file.');
    return file;
  };
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    const { type, text } = get('status.html');
    return reply.header('content-type', type).send(text);
  });
  const params = Type.Object({ file: Type.String() });
  app.get('/page/:file', { schema: { hide: true, params } }, async (request, reply) => {
    const { type, text } = get(request.params.file);
    return reply.header('content-type', type).send(text);
  });
}
