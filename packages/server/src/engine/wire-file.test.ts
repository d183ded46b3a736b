import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
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

const silent = { warn: () => {} };
const onLinux = process.platform === 'linux';

describe('the wire file', () => {
  it.skipIf(!onLinux)('tells that a dead worker of this boot never sent an attempt', async () => {
    leave('dead', await deadProcess(), 'run:1:1');
    const wire = new WireFile(folder, 'mine', silent);
    expect(await wire.fate('dead', 'run:1:2')).toBe('neverLeft');
    expect(await wire.fate('dead', 'run:1:1')).toBe('sent');
    wire.close();
  });

  it('concludes nothing from a missing file, another boot, another worker’s file or a living process', async () => {
    const dead = await deadProcess();
    leave('other-boot', { ...dead, boot: 'before' });
    leave('living', processIdentity(process.pid));
    leave('no-start', { pid: 1, boot: dead.boot, space: dead.space });
    leave('other-container', { ...dead, space: 'pid:[1]' });
    leave('no-space', { pid: dead.pid, boot: dead.boot, start: dead.start });
    writeFileSync(join(folder, 'stolen'), `${JSON.stringify({ ...dead, worker: 'somebody' })}\n`);
    writeFileSync(join(folder, 'torn'), '{"worker":"to');
    const wire = new WireFile(folder, 'mine', silent);
    for (const worker of [
      'missing',
      'other-boot',
      'living',
      'no-start',
      'other-container',
      'no-space',
      'stolen',
      'torn',
      '../escape',
    ]) {
      expect(await wire.fate(worker, 'run:1:1'), worker).toBe('unknown');
    }
    wire.close();
  });

  it('has written an attempt when `leaving` returns', () => {
    const wire = new WireFile(folder, 'mine', silent);
    wire.leaving('run:7:1');
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toMatch(/\nrun:7:1\n$/);
    wire.close();
  });

  it.skipIf(!onLinux)('of a process that is alive is read again once it is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    leave('child', processIdentity(child.pid ?? 0));
    const wire = new WireFile(folder, 'mine', silent);
    expect(await wire.fate('child', 'run:1:1')).toBe('unknown');
    appendFileSync(join(folder, 'child'), 'run:1:1\n');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await wire.fate('child', 'run:1:1')).toBe('sent');
    expect(await wire.fate('child', 'run:1:2')).toBe('neverLeft');
    wire.close();
  });

  it('that cannot hold all attempts is removed, so that nothing is concluded from it', () => {
    const warned: string[] = [];
    const wire = new WireFile(folder, 'mine', { warn: (_fields, message) => warned.push(message) }, 300);
    for (let i = 0; i < 100; i += 1) wire.leaving(`run:${i}:1`);
    expect(existsSync(join(folder, 'mine'))).toBe(false);
    expect(warned).toHaveLength(1);
    wire.close();
  });

  it('takes no attempt once it is closed: it stays, and would tell that it never left', () => {
    const wire = new WireFile(folder, 'mine', silent);
    wire.close();
    expect(() => wire.leaving('run:1:1')).toThrow(/closed/);
  });

  it('forgets files that are a week old, and no younger ones', () => {
    leave('old', { pid: 1 });
    leave('young', { pid: 1 });
    const past = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(join(folder, 'old'), past, past);
    new WireFile(folder, 'mine', silent).close();
    expect(() => appendFileSync(join(folder, 'old'), '', { flag: 'r+' })).toThrow(/ENOENT/);
    expect(readFileSync(join(folder, 'young'), 'utf8')).toContain('young');
  });
});
