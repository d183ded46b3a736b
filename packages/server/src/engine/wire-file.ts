import { closeSync, mkdirSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Wire } from '@pawl/core';
import { processIdentity, type ProcessIdentity, isSameProcess } from './process-identity.ts';

/** How long the file of a dead worker is of use (ms): by then its attempts have been decided. */
const keptMs = 7 * 86_400_000;

/**
 * A worker's wire file: its first line says whose it is, each further line names an attempt that was about to be sent.
 * It is written without fsync: a process that dies loses nothing that it wrote, and a machine that dies loses its boot.
 */
export class WireFile implements Wire {
  private readonly folder: string;
  private readonly file: number;

  /** Opens the file of this process's worker, and removes those that nobody needs any more. */
  constructor(folder: string, worker: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeOld(folder);
    this.file = openSync(pathOf(folder, worker), 'a', 0o600);
    writeSync(this.file, `${JSON.stringify({ worker, ...processIdentity(process.pid) })}\n`);
  }

  leaving(attempt: string): void {
    writeSync(this.file, `${attempt}\n`);
  }

  async neverLeft(worker: string, attempt: string): Promise<boolean> {
    const lines = await readLines(pathOf(this.folder, worker));
    const owner = ownerOf(lines?.[0]);
    if (lines === undefined || owner?.worker !== worker) return false;
    const here = processIdentity(process.pid);
    if (owner.boot === undefined || owner.boot !== here.boot || isSameProcess(owner)) return false;
    return !lines.includes(attempt);
  }

  /** Closes the file; it stays for successors. */
  close(): void {
    closeSync(this.file);
  }
}

function pathOf(folder: string, worker: string): string {
  return join(folder, worker.replace(/[^\w-]/g, '_'));
}

async function readLines(path: string): Promise<string[] | undefined> {
  try {
    return (await readFile(path, 'utf8')).split('\n');
  } catch {
    return undefined;
  }
}

function ownerOf(line: string | undefined): (ProcessIdentity & { readonly worker: string }) | undefined {
  try {
    return JSON.parse(line ?? '') as ProcessIdentity & { readonly worker: string };
  } catch {
    return undefined;
  }
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > keptMs) unlinkSync(path);
    } catch {
      // another worker removed it
    }
  }
}
