/** A semantic version, taken apart. Build metadata does not count. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Identifiers of a pre-release; empty for a release. */
  readonly pre: readonly string[];
}

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?(?:\+[0-9a-zA-Z.-]+)?$/;

/** A version taken apart; undefined when the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1, 4).map(Number) as [number, number, number];
  return { major, minor, patch, pre: match[4]?.split('.') ?? [] };
}

/**
 * Order of two versions by semver.org §11: negative when `a` is older. A text that is no version is older than all;
 * versions that differ in build metadata alone are ordered by their text, so that the order is total.
 */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined) || compareText(a, b);
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    comparePre(left.pre, right.pre) ||
    compareText(a, b)
  );
}

/** A release is newer than its pre-releases; identifiers compare one by one, numbers below words. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareIdentifier(a[i] as string, b[i] as string);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifier(a: string, b: string): number {
  const numbers = [a, b].map((each) => /^\d+$/.test(each));
  if (numbers[0] && numbers[1]) return Number(a) - Number(b);
  return Number(numbers[1]) - Number(numbers[0]) || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
