import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';
import { exitCodes } from './exit.ts';
import { exitCodeOf, reportError } from './report.ts';

/** Runs one command line (without the name of the program) and gives its exit code. Never rejects. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // Whoever reads our output may stop reading, as `head` does: nothing is left to say then.
  process.stdout.on('error', () => process.exit(exitCodes.done));
  let exitCode: number = exitCodes.done;
  try {
    const program = await buildProgram((code) => (exitCode = code), args[0]);
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.invalid;
    reportError(error);
    return exitCodeOf(error);
  }
}
