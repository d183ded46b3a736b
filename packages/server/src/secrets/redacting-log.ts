import type { Redactor } from '@pawl/actions';
import type { Json, Log } from '@pawl/core';
import { isObject } from '@pawl/core';

/** A log whose lines hold no secret that this process has opened, in no form that a redactor knows. */
export function redactingLog(log: Log, redactor: Redactor): Log {
  const at =
    (level: keyof Log) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      const clean = Object.entries(fields).map(([name, value]) => [name, redactValue(value, redactor)] as const);
      log[level](Object.fromEntries(clean), redactor.text(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function redactValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value);
  if (value instanceof Error) return redactError(value, redactor);
  return Array.isArray(value) || isObject(value as Json) ? redactor.json(value as Json) : value;
}

/** The error itself where it holds no secret. */
function redactError(error: Error, redactor: Redactor): Error {
  const message = redactor.excerpt(error.message);
  const stack = redactor.excerpt(error.stack ?? '');
  const cause = error.cause instanceof Error ? redactError(error.cause, redactor) : error.cause;
  if (message === error.message && stack === (error.stack ?? '') && cause === error.cause) return error;
  const clean = new Error(message, { cause });
  clean.name = error.name;
  clean.stack = stack;
  return clean;
}
