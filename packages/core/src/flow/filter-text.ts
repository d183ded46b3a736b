import { scanText } from './expression-text.ts';

/** Characters of a regular expression in an event filter. */
export const longestPattern = 1_000;

/** Whether a literal attribute of an event filter is a regular expression: it says so by its anchors. */
export function isPattern(text: string): boolean {
  return text.length > 2 && text.startsWith('^') && text.endsWith('$');
}

/**
 * Whether an attribute of an event filter asks for one text that is known when the listen begins: a literal, or made of
 * paths that begin with a variable, so that nothing in it is about the event.
 */
export function isKnownText(text: string): boolean {
  const scanned = scanText(text);
  if (scanned.kind === 'literal') return !isPattern(text);
  if (scanned.kind === 'expression') return variablePath.test(scanned.source);
  return scanned.parts.every((part) => typeof part === 'string' || variablePath.test(part.source));
}

const variablePath = /^\s*\$(?!secrets\b|__)\w+(?:\.\w+|\["[^"\\]*"\])*\s*$/;
