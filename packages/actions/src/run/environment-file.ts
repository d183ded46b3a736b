import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PawlError } from '@pawl/core';

/**
 * Does `work` with a file of environment variables, which only the user of Pawl can read, and removes it. So the values
 * are neither words that every user of the machine sees, nor variables of the container engine's client, which some of
 * them would steer (DOCKER_HOST). Throws PAWL_ACTION_INPUT for a name or value that such a file cannot hold.
 */
export async function withEnvironmentFile<T>(
  environment: Readonly<Record<string, string>>,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const text = linesOf(environment);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-container-'));
  try {
    const path = join(folder, 'environment');
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function linesOf(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new PawlError(
        'PAWL_ACTION_INPUT',
        `${JSON.stringify(name.slice(0, 80))} is no name of an environment variable.`,
      );
    if (/[\r\n\0]/.test(value))
      throw new PawlError(
        'PAWL_ACTION_INPUT',
        `The environment variable ${name} has more than one line, which a container cannot be given. Nothing was run. Give it by "stdin" or "arguments", or encode it.`,
      );
    return `${name}=${value}\n`;
  });
  return lines.join('');
}
