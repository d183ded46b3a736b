import { closeSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, Wire } from '@pawl/core';
import { makeFolders } from '@pawl/store';
import { ensureError } from '@pawl/core';
import { isSurelyDead, processIdentity, type ProcessIdentity } from './process-identity.ts';

/** How long the file of a dead worker is of use (ms): by then its attempts have been decided. */
const keptMs = 7 * 86_400_000;
/** Longest file (bytes): about half a million attempts. A worker that sends more keeps none: nothing is concluded then. */
const longestFile = 33_554_432;
/** Files of dead workers that are kept in memory; they do not change any more. */
const rememberedFiles = 8;

/**
 * A worker's wire file: its first line says whose it is, each further line names an attempt that was about to be sent.
 * It is written without fsync: a process that dies loses nothing that it wrote, and a machine that dies loses its boot.
 * A file that is not complete is removed, since what it does not name could have left: no file, no conclusion.
 */
export class WireFile implements Wire {
  private readonly folder: string;
  private readonly path: string;
  private readonly log: Pick<Log, 'warn'>;
  private readonly longest: number;
  private readonly file: number;
  private standing: 'open' | 'removed' | 'closed' = 'open';
  private size = 0;
  /** Attempts of dead workers, by worker. */
  private readonly dead = new Map<string, Promise<ReadonlySet<string> | undefined>>();

  /** Opens the file of this process's worker, and removes those that nobody needs any more. */
  constructor(folder: string, worker: string, log: Pick<Log, 'warn'>, longest = longestFile) {
    this.folder = folder;
    this.longest = longest;
    this.path = pathOf(folder, worker);
    this.log = log;
    makeFolders(folder);
    removeOld(folder);
    this.file = openSync(this.path, 'wx', 0o600);
    this.write(JSON.stringify({ worker, ...processIdentity(process.pid) }));
  }

  /** Throws where neither the attempt can be written nor the file removed, or it is closed: then nothing may be sent. */
  leaving(attempt: string): void {
    this.write(attempt);
  }

  async fate(worker: string, attempt: string): Promise<'unknown' | 'sent' | 'neverLeft'> {
    let attempts = this.dead.get(worker);
    if (attempts === undefined) {
      attempts = readDead(pathOf(this.folder, worker), worker);
      if (this.dead.size >= rememberedFiles) this.dead.clear();
      this.dead.set(worker, attempts);
    }
    const sent = await attempts;
    // It may die yet.
    if (sent === undefined) this.dead.delete(worker);
    if (sent === undefined) return 'unknown';
    return sent.has(attempt) ? 'sent' : 'neverLeft';
  }

  /** Closes the file; it stays for successors, so nothing may be sent after it. */
  close(): void {
    if (this.standing === 'open') closeSync(this.file);
    this.standing = 'closed';
  }

  private write(line: string): void {
    if (this.standing === 'removed') return;
    if (this.standing === 'closed') throw new Error('the wire file is closed');
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.size + bytes.length > this.longest) throw new Error('it has reached its longest size');
      // A full disk may take a part of the line only.
      if (writeSync(this.file, bytes) !== bytes.length) throw new Error('only a part of a line was written');
      this.size += bytes.length;
    } catch (error) {
      this.remove(ensureError(error));
    }
  }

  private remove(reason: Error): void {
    try {
      unlinkSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    closeSync(this.file);
    this.standing = 'removed';
    this.log.warn(
      { err: reason, file: this.path },
      'The wire file of this worker was removed; should the worker die, more questions about its steps are asked.',
    );
  }
}

function pathOf(folder: string, worker: string): string {
  return join(folder, worker.replace(/[^\w-]/g, '_'));
}

/** The attempts in a worker's file; undefined where it cannot be read, is another's, or its process may live. */
async function readDead(path: string, worker: string): Promise<ReadonlySet<string> | undefined> {
  try {
    // The attempts are read once the process is dead: what it adds as long as it lives would be missed.
    const owner = ownerOf((await readFile(path, 'utf8')).split('\n', 1)[0]);
    if (owner?.worker !== worker || !isSurelyDead(owner)) return undefined;
    return new Set((await readFile(path, 'utf8')).split('\n').slice(1));
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
