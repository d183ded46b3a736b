import { fileURLToPath } from 'node:url';
import { type Program, startProgram, waitUntil } from '@pawl/testkit';

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

/** The address that a started `pawl start` says it is at; throws what it said where it has ended. */
export async function addressOf(pawl: Program, timeoutMs: number): Promise<string> {
  const told = (): string | undefined => /Pawl is at (http:\S+) /.exec(pawl.stdout)?.[1];
  const isThere = (): boolean => {
    if (!pawl.living) throw new Error(pawl.stderr);
    return told() !== undefined;
  };
  await waitUntil('pawl says where it is', isThere, timeoutMs);
  return told() ?? '';
}
