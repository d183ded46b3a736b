import { ensureError, type Log } from '@pawl/core';
import { plain } from '../output.ts';

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type Level = (typeof levels)[number];

/** A log for a command that a person or a script runs: sentences on stderr, none of which looks like JSON. */
export function textLog(least: string): Log {
  const from = least === 'trace' ? 0 : levels.indexOf(least as Level);
  const at =
    (level: Level) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      if (levels.indexOf(level) < (from < 0 ? levels.length : from)) return;
      const cause = fields['err'] === undefined ? '' : ` (${ensureError(fields['err']).message})`;
      process.stderr.write(`pawl: ${level}: ${plain(message + cause)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
