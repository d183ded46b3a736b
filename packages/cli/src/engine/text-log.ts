import { ensureError, type Log } from '@pawl/core';
import type { LogLevel } from '@pawl/server';
import { plain } from '../output.ts';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** A log for a command that a person or a script runs: sentences on stderr, none of which looks like JSON. */
export function textLog(least: LogLevel): Log {
  const from = levels.indexOf(least);
  const at =
    (level: LogLevel) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      if (levels.indexOf(level) < from) return;
      const cause = fields['err'] === undefined ? '' : ` (${ensureError(fields['err']).message})`;
      process.stderr.write(`pawl: ${level}: ${plain(message + cause)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
