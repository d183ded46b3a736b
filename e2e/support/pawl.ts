import { fileURLToPath } from 'node:url';
import { type Program, startProgram } from '@pawl/testkit';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Variables that would make a test depend on the shell that it is run from. */
const unset = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('PAWL_'))
    .map((name) => [name, undefined]),
);

/** How a `pawl` process is started. */
export interface PawlOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
  readonly onOutput?: (text: string) => void;
}

/** Starts the real `pawl` command in a process of its own. */
export function startPawl(args: readonly string[], { env = {}, ...rest }: PawlOptions = {}): Program {
  return startProgram({ args: [main, ...args], env: { ...unset, ...env }, ...rest });
}
