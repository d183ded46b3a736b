import { isIP } from 'node:net';
import { actionLimits } from '../limits.ts';
import { EgressFailure } from './failure.ts';

/**
 * Parses a URL once, by the WHATWG rules, and refuses every spelling that two programs might read differently: other
 * schemes, user names, fragments, backslashes, blanks, hosts that are not written the way they are reached.
 */
export function parseUrl(text: string): URL {
  if (text.length > actionLimits.urlCharacters)
    throw invalid(`The URL is longer than ${actionLimits.urlCharacters} characters.`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text))
    throw invalid(`The URL holds a blank, a backslash or a control character: ${quote(text)}.`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw invalid(`${quote(text)} is no complete URL. It must begin with https:// or http://.`);
  if (scheme !== 'https' && scheme !== 'http') throw refused(`Pawl calls only http and https URLs, not ${scheme}:.`);
  if (!URL.canParse(text)) throw invalid(`${quote(text)} is no valid URL.`);
  const url = new URL(text);
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined || authority === '')
    throw invalid(`${quote(text)} is no complete URL. It must begin with https:// or http:// and a host.`);
  if (authority.includes('@'))
    throw refused('The URL holds a user name. Use the authentication of the endpoint instead.');
  if (text.includes('#')) throw refused('The URL holds a "#". What follows it would never be sent; remove it.');
  requirePlainHost(authority, url);
  return url;
}

/** The target of a redirect, relative to the URL that answered it. A fragment is dropped. */
export function parseRedirect(location: string, base: URL): URL {
  const absolute = URL.canParse(location, base.href) ? new URL(location, base.href) : undefined;
  if (absolute === undefined) throw refused('The target redirects to something that is no URL.');
  if (absolute.username !== '' || absolute.password !== '')
    throw refused('The target redirects to a URL with a user name.');
  absolute.hash = '';
  return parseUrl(absolute.href);
}

/** The port that a URL means. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** A URL's host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/** A URL as errors and logs show it: without its query, which may hold a secret. */
export function showUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function requirePlainHost(authority: string, url: URL): void {
  const written = authority.replace(/:\d*$/, '').toLowerCase();
  if (!/^[\x21-\x7e]+$/.test(written)) {
    throw refused(`The host of the URL is not written in ASCII. If it is really meant, write ${url.hostname}.`);
  }
  const isAddress = isIP(hostOf(url)) !== 0;
  // 127.1, 0x7f.1, 2130706433 and ex%61mple.com are read differently by different programs.
  if (!isAddress && written !== url.hostname)
    throw refused(`The host of the URL is written in an unusual way. Write ${url.hostname}.`);
  if (isIP(hostOf(url)) === 4 && written !== url.hostname)
    throw refused(`The address in the URL is written in an unusual way. Write ${url.hostname}.`);
  if (!isAddress && url.hostname.split('.').some((label, index, all) => label === '' && index < all.length - 1))
    throw invalid('The host of the URL has an empty part.');
}

function quote(text: string): string {
  const shown = text.replace(/\?.*$/s, '').slice(0, 120);
  return JSON.stringify(shown.replace(/\/\/[^/@]*@/, '//'));
}

function refused(message: string): EgressFailure {
  return new EgressFailure('refused', message);
}

function invalid(message: string): EgressFailure {
  return new EgressFailure('invalid', message);
}
