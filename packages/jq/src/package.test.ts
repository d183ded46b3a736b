import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);

/** Works on a copy, so that the package.json others are using is never the published one. */
describe('what is published', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-jq-'));
  const consumer = join(folder, 'consumer');
  const installed = join(consumer, 'node_modules/@pawl/jq');

  beforeAll(() => {
    const source = join(folder, 'packages/jq');
    cpSync(PACKAGE, source, { recursive: true, filter: (path) => !/\/(?:dist|node_modules)(?:\/|$)/.test(path) });
    cpSync(join(ROOT, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(installed, { recursive: true });
    const npm = ['pack', '--silent', '--pack-destination', folder];
    const name = execFileSync('npm', npm, { cwd: source, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
    execFileSync('tar', ['-xzf', join(folder, name), '-C', installed, '--strip-components=1']);
    symlinkSync(join(ROOT, 'node_modules/re2js'), join(consumer, 'node_modules/re2js'));
    expect(readFileSync(join(source, 'package.json'), 'utf8')).toBe(
      readFileSync(join(PACKAGE, 'package.json'), 'utf8'),
    );
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs as plain JavaScript', () => {
    const program =
      "import { compile } from '@pawl/jq'; console.log(JSON.stringify(compile('.a | map(. + 1)').run({ a: [1] })));";
    writeFileSync(join(consumer, 'main.mjs'), program);
    expect(execFileSync(process.execPath, ['main.mjs'], { cwd: consumer, encoding: 'utf8' })).toBe('[[2]]\n');
  });

  it('has types', () => {
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    const check = (text: string): string => {
      writeFileSync(join(consumer, 'main.mts'), text);
      const args = [
        tsc,
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--types',
        '',
        'main.mts',
      ];
      try {
        return execFileSync(process.execPath, args, { cwd: consumer, encoding: 'utf8' });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(check("import { compile, type Json } from '@pawl/jq'; export const x: Json[] = compile('.').run(1);")).toBe(
      '',
    );
    expect(check("import { compile } from '@pawl/jq'; export const x: string = compile('.').run(1);")).toContain(
      'TS2322',
    );
  });

  it('holds the built files, and names no source', () => {
    const { exports, scripts, publishConfig } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect({ exports, scripts, publishConfig }).toEqual({
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    });
    expect(readFileSync(join(installed, 'README.md'), 'utf8')).toContain('npm install');
  });
});
