/**
 * Builds what is published and puts the published entries into package.json for as long as it is being packed:
 * in the repository the sources run as they are, a package of npm needs JavaScript. `node pack.mjs before|after`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const manifest = at('package.json');
const original = at('dist/.package.json');

if (process.argv[2] === 'before') before();
else if (existsSync(original)) {
  writeFileSync(manifest, readFileSync(original));
  rmSync(original);
}

function before() {
  // One that was cut short has left the published entries behind.
  if (existsSync(original)) writeFileSync(manifest, readFileSync(original));
  rmSync(at('dist'), { recursive: true, force: true });
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = typescript.replace('package.json', JSON.parse(readFileSync(typescript, 'utf8')).bin.tsc);
  execFileSync(process.execPath, [tsc, '-p', at('tsconfig.publish.json')], { stdio: 'inherit' });
  for (const path of readdirSync(at('dist'), { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
    const file = at(`dist/${path}`);
    // The compiler rewrites the extension of what is imported in JavaScript only.
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(from ')(\.[^']*)\.ts'/g, "$1$2.js'"));
  }
  const text = readFileSync(manifest, 'utf8');
  const { publishConfig, scripts: _scripts, ...rest } = JSON.parse(text);
  writeFileSync(original, text);
  writeFileSync(manifest, `${JSON.stringify({ ...rest, ...publishConfig }, null, 2)}\n`);
}
