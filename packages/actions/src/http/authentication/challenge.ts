/** One challenge of a `WWW-Authenticate` header: its scheme and parameters, both in lower case; values unquoted. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The challenges of a `WWW-Authenticate` header (RFC 9110 §11.6.1), several joined by commas. What cannot be read ends
 * the list: what was read before it counts.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = 0; at < header.length; ) {
    piece.lastIndex = at;
    const match = piece.exec(header);
    if (match === null || match[0] === '') break;
    at = piece.lastIndex;
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    } else if (name !== undefined) {
      const value = quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1');
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value ?? '');
    }
  }
  return challenges;
}

/** `name="value"`, `name=value` or a scheme (perhaps with a token68, which no scheme known here has), after commas and blanks. */
const piece =
  /[\s,]*(?:([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))(?=[\s,]|$)|([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+[\w\-.~+/]+=*(?=\s*(?:,|$)))?(?=[\s,]|$))/gsy;
