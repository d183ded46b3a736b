import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { checkFiles } from './check-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const head = 'document: { dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }\n';

async function printed(text: string): Promise<string> {
  const file = join(folder, 'flow.yaml');
  writeFileSync(file, text);
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    await checkFiles([file], false);
  } finally {
    spy.mockRestore();
  }
  return written.join('');
}

it('says that more is checked later where the form of the document kept it from that', async () => {
  expect(await printed(`${head}do:\n  - a: { sett: { b: 1 } }\n`)).toMatch(
    /more is checked once the errors above are mended/,
  );
  const wrong = await printed(`${head}do:\n  - a: { set: { b: "\${ .a | }" } }\n`);
  expect(wrong).toContain('error');
  expect(wrong).not.toContain('more is checked');
});

it('says why a step has its guarantee', async () => {
  const text = await printed(`${head}do:\n  - a: { call: log, with: { level: info, message: hello } }\n`);
  expect(text).toContain('the action says so');
});
