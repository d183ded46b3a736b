import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from './process-identity.ts';
import { WireFile } from './wire-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-wire-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the wire file of a worker whose process has this identity. */
function leave(worker: string, identity: object, ...attempts: string[]): void {
  writeFileSync(join(folder, worker), `${[JSON.stringify({ worker, ...identity }), ...attempts].join('\n')}\n`);
}

async function deadProcess(): Promise<ReturnType<typeof processIdentity>> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const identity = processIdentity(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

const onLinux = process.platform === 'linux';

describe('the wire file', () => {
  it.skipIf(!onLinux)('tells that a dead worker of this boot never sent an attempt', async () => {
    leave('dead', await deadProcess(), 'run:1:1');
    const wire = new WireFile(folder, 'mine');
    expect(await wire.neverLeft('dead', 'run:1:2')).toBe(true);
    expect(await wire.neverLeft('dead', 'run:1:1')).toBe(false);
    wire.close();
  });

  it('concludes nothing from a missing file, another boot, another worker’s file or a living process', async () => {
    const dead = await deadProcess();
    leave('other-boot', { ...dead, boot: 'before' });
    leave('living', processIdentity(process.pid));
    leave('no-start', { pid: 1, boot: dead.boot });
    writeFileSync(join(folder, 'stolen'), `${JSON.stringify({ ...dead, worker: 'somebody' })}\n`);
    writeFileSync(join(folder, 'torn'), '{"worker":"to');
    const wire = new WireFile(folder, 'mine');
    for (const worker of ['missing', 'other-boot', 'living', 'no-start', 'stolen', 'torn', '../escape']) {
      expect(await wire.neverLeft(worker, 'run:1:1'), worker).toBe(false);
    }
    wire.close();
  });

  it('has written an attempt when `leaving` returns', () => {
    const wire = new WireFile(folder, 'mine');
    wire.leaving('run:7:1');
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toMatch(/\nrun:7:1\n$/);
    wire.close();
  });

  it('forgets files that are a week old, and no younger ones', () => {
    leave('old', { pid: 1 });
    leave('young', { pid: 1 });
    const past = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(join(folder, 'old'), past, past);
    new WireFile(folder, 'mine').close();
    expect(() => appendFileSync(join(folder, 'old'), '', { flag: 'r+' })).toThrow(/ENOENT/);
    expect(readFileSync(join(folder, 'young'), 'utf8')).toContain('young');
  });
});
