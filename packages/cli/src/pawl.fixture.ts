import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@pawl/testkit';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** How a `pawl` process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A living `pawl` process. */
export interface Pawl {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits for a text on stdout. */
  says(text: string, timeoutMs?: number): Promise<void>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** Temporary files and `pawl` processes of one test file. */
export function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-cli-test-'));
  const children = new Set<ChildProcess>();
  const dataDir = join(folder, 'data');

  const launch = (args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string): Pawl => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...withoutPawl(process.env), PAWL_DATA: dataDir, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: folder,
    });
    children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const ended = once(child, 'close').then(([code]): Ended => {
      children.delete(child);
      return { code: code as number | null, stdout, stderr };
    });
    return {
      child,
      ended,
      stdout: () => stdout,
      stderr: () => stderr,
      says: (text, timeoutMs) =>
        waitUntil(`pawl says ${text}; it said ${stdout}${stderr}`, () => stdout.includes(text), timeoutMs),
      end: (signal = 'SIGINT') => {
        child.kill(signal);
        return ended;
      },
    };
  };

  return {
    folder,
    dataDir,
    launch,
    pawl: (args: readonly string[], env?: NodeJS.ProcessEnv, input?: string): Promise<Ended> =>
      launch(args, env, input).ended,
    file: (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    clean: () => {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** The environment of the tests is not that of a user of Pawl. */
function withoutPawl(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('PAWL_') && name !== 'NODE_OPTIONS'),
  );
}

/** A flow document. */
export function flowText(name: string, tasks: string, more = ''): string {
  return `document: { dsl: 1.0.3, namespace: tests, name: ${name}, version: 1.0.0 }\n${more}do:\n${tasks}`;
}
