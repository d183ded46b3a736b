/** A semantic version: numbers, then what comes before the release. Build metadata does not count. */
const semantic = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

/**
 * Text whose byte order is the order of semantic versions (semver.org §11), so that an index finds the newest. A version
 * of another form comes before all of them, in its own alphabetic order.
 */
export function versionOrder(version: string): string {
  const parts = semantic.exec(version);
  if (parts === null) return `!${version}`;
  const [, major = '', minor = '', patch = '', before] = parts;
  const release = before === undefined ? '~' : `${before.split('.').map(identifierOrder).join('')}!`;
  return `${numberOrder(major)}${numberOrder(minor)}${numberOrder(patch)}${release}`;
}

/** Numbers come before words; each ends lower than any word goes on, so that a shorter list comes first. */
function identifierOrder(identifier: string): string {
  return /^\d+$/.test(identifier) ? `0${numberOrder(identifier)}` : `A${identifier}"`;
}

/** Digits after their count, so that 9 comes before 10. */
function numberOrder(digits: string): string {
  const bare = digits.replace(/^0+(?=\d)/, '');
  return `${String.fromCharCode('a'.charCodeAt(0) + Math.min(bare.length, 25))}${bare}`;
}
