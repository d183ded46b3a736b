import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Counts } from './book.ts';
import type { LedgerBehaviour } from './server.ts';

/** What the process of a ledger is told. */
export interface LedgerTask {
  /** The append-only record. */
  readonly file: string;
  /** 0: any free port. */
  readonly port: number;
  readonly behaviour: LedgerBehaviour;
}

/** A target that counts effects by key, in a process of its own: what kills Pawl leaves it alone. */
export interface Ledger {
  readonly url: string;
  readonly port: number;
  /** Arrivals and effects by account and key, as they are now. */
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

/** How to start a ledger. */
export interface LedgerOptions extends LedgerBehaviour {
  /** The append-only record; what it holds already is counted. */
  readonly file: string;
}

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Starts the process of a ledger; see `serveBook` for what it serves. */
export async function startLedger({ file, ...behaviour }: LedgerOptions): Promise<Ledger> {
  const task: LedgerTask = { file, port: 0, behaviour };
  const child = spawn(process.execPath, [main, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`the ledger ended with ${code} before it served`)));
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    counts: async () => (await (await fetch(`${url}/ledger`)).json()) as Counts,
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
