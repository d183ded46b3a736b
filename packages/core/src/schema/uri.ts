/** The five parts of a URI reference (RFC 3986, appendix B); undefined where a part is absent. */
export interface UriParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

// Every group excludes the character that ends it, so the match is linear.
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

/** Splits a URI reference into its parts, without judging them. */
export function splitUri(reference: string): UriParts {
  const [, scheme, authority, path, query, fragment] = PARTS.exec(reference) ?? [];
  return { scheme, authority, path: path ?? '', query, fragment };
}

/** A reference made absolute against a base, without its fragment (RFC 3986 §5.2). */
export function resolveUri(base: string, reference: string): string {
  const from = splitUri(base);
  const to = splitUri(reference);
  if (to.scheme !== undefined) return joinUri({ ...to, path: removeDots(to.path) });
  if (to.authority !== undefined) return joinUri({ ...to, scheme: from.scheme, path: removeDots(to.path) });
  if (to.path === '') return joinUri({ ...from, query: to.query ?? from.query });
  const path = to.path.startsWith('/') ? to.path : mergePaths(from, to.path);
  return joinUri({ ...from, path: removeDots(path), query: to.query });
}

function joinUri({ scheme, authority, path, query }: UriParts): string {
  const start = `${scheme === undefined ? '' : `${scheme}:`}${authority === undefined ? '' : `//${authority}`}`;
  return `${start}${path}${query === undefined ? '' : `?${query}`}`;
}

function mergePaths(base: UriParts, path: string): string {
  if (base.authority !== undefined && base.path === '') return `/${path}`;
  return `${base.path.slice(0, base.path.lastIndexOf('/') + 1)}${path}`;
}

function removeDots(path: string): string {
  if (!path.includes('.')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '..') {
      // The empty first segment is the leading slash; it stays.
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== '')) kept.pop();
    } else if (segment !== '.') {
      kept.push(segment);
      return;
    }
    if (last) kept.push('');
  });
  return kept.join('/');
}
