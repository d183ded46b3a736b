import type { Problem } from '@pawl/core';
import { plain } from '../output.ts';

/** A problem in the form that editors understand: `file:line:column: …`. */
export function problemLine(file: string, { line, column, severity, code, path, message, hint }: Problem): string {
  const place = line === undefined ? path : `${line}:${column ?? 1}`;
  const advice = hint === undefined ? '' : ` (${hint})`;
  const where = place === '' ? file : `${file}:${place}`;
  return plain(`${where}: ${severity} ${code}: ${message}${advice}`);
}

/** Whether a file holds JSON, by its name; YAML is the rule. */
export function formatOf(file: string): 'json' | 'yaml' {
  return file.toLowerCase().endsWith('.json') ? 'json' : 'yaml';
}
