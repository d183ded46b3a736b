import type { Log } from '@pawl/core';

/** Levels of the log, the most talkative first. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** How much the log says. */
export type LogLevel = (typeof logLevels)[number];

/** Longest text of one field (characters): what a target answered may be of any length. */
const longestText = 4_096;
const stderr = 2;

/** JSON lines on stderr, one an entry. Pino is loaded here, so that a command that brings its own log does without it. */
export async function openLog(level: LogLevel = 'info'): Promise<Log> {
  const { pino } = await import('pino');
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: cutTexts },
    },
    pino.destination({ fd: stderr, sync: true }),
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

function cutTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const cut: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    cut[name] = typeof value === 'string' && value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  }
  return cut;
}
