import { ensureError, PawlError, type ErrorCode, errors, type Json, type JsonObject } from '@pawl/core';
import { readSettings } from '../settings.ts';

/** One page of a list. */
export interface ListPage {
  readonly items: readonly JsonObject[];
  readonly next: string | null;
}

/** What is sent to the server. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Search parameters; those that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON, or as it stands when `type` says what it is. */
  readonly body?: Json;
  readonly type?: string;
  /** Server to send it to, as the owner of this machine. Default: that of PAWL_URL, with the token of PAWL_TOKEN. */
  readonly url?: string;
}

/** What the server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Json;
}

const timeoutMs = 30_000;

/**
 * Sends a request to the server that PAWL_URL names; `path` is below /api/v1. Rejects with a PawlError: the server's
 * own, or PAWL_UNAVAILABLE when it does not answer.
 */
export async function callServer(path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
  const { url: named, token } = readSettings();
  const url = request.url ?? named;
  const target = addressOf(url, path, request.query ?? {});
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined && request.url === undefined) headers['authorization'] = `Bearer ${token}`;
  if (request.body !== undefined) headers['content-type'] = request.type ?? 'application/json';
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, {
      method: request.method ?? 'GET',
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
      ...(request.body === undefined
        ? {}
        : { body: request.type === undefined ? JSON.stringify(request.body) : String(request.body) }),
    });
    text = await response.text();
  } catch (error) {
    throw unreachable(url, error);
  }
  const body = jsonOf(text);
  if (response.ok && body !== undefined) return { status: response.status, body };
  throw refused(url, response.status, body);
}

/** A segment of a path. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

function addressOf(base: string, path: string, query: Readonly<Record<string, string | undefined>>): URL {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    throw new PawlError('PAWL_USAGE', `PAWL_URL must be an http or https address, not ${JSON.stringify(base)}.`);
  }
  const target = new URL(`api/v1/${path}`, base.endsWith('/') ? base : `${base}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) target.searchParams.set(name, value);
  }
  return target;
}

function unreachable(url: string, error: unknown): PawlError {
  const { cause, message } = ensureError(error);
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
  return new PawlError('PAWL_UNAVAILABLE', `No Pawl answers at ${url} (${reason}).`, {
    cause: error,
    hint: 'Start it with `npm start`, or set PAWL_URL to where it runs.',
  });
}

/** The error of a problem document, or of an answer that is none: something else may listen there. */
function refused(url: string, status: number, body: Json | undefined): PawlError {
  const problem = (body ?? {}) as Partial<Record<string, Json>>;
  const { code, title, detail, hint } = problem;
  if (typeof code !== 'string' || !Object.hasOwn(errors, code)) {
    const said = typeof detail === 'string' ? detail : `it answered ${status}`;
    return new PawlError('PAWL_UNAVAILABLE', `What listens at ${url} does not answer like this Pawl: ${said}.`, {
      hint: 'Check PAWL_URL.',
    });
  }
  const text = [detail, title].find((part) => typeof part === 'string') as string | undefined;
  return new PawlError(code as ErrorCode, text ?? code, {
    ...(typeof hint === 'string' ? { hint } : {}),
    extra: problem,
  });
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
