import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** How a tool ended: its exit code (null: killed) and all it wrote, at most OUTPUT_MAX characters. */
export interface ToolResult {
  readonly code: number | null;
  readonly output: string;
}

const OUTPUT_MAX = 1_000_000;

/**
 * Runs a development tool of node_modules on this Node, without a shell.
 *
 * @param name the npm package and, where it differs, its command: `typescript tsc`
 * @param options.live shows the output as it comes instead of returning it
 * @param options.timeoutMs kills the tool after this time
 * @param options.cwd default: the repository's folder
 */
export function runTool(
  name: string,
  args: readonly string[],
  options: { readonly live: boolean; readonly timeoutMs: number; readonly cwd?: string },
): Promise<ToolResult> {
  const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn(process.execPath, [toolPath(name), ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, PATH: path, ...(process.stdout.isTTY && options.live ? {} : { NO_COLOR: '1' }) },
    stdio: options.live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
  });
  let output = '';
  const collect = (text: string): void => {
    if (output.length < OUTPUT_MAX) output += text;
  };
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code,
        output: signal === null ? output : `${output}\nkilled by ${signal} (limit ${options.timeoutMs / 1000} s)`,
      });
    });
  });
}

function toolPath(name: string): string {
  const [packageName = '', command = packageName] = name.split(' ');
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>;
  };
  const file = typeof bin === 'string' ? bin : bin[command];
  if (file === undefined) throw new Error(`${packageName} has no command ${command}`);
  return join(folder, file);
}
