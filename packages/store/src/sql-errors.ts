import { ensureError, FencedError, PawlError, PoisonError, UnknownCommitError } from '@pawl/core';

/** SQLSTATE of Pawl's own: another worker owns a partition of the commit. */
const fencedState = 'PW001';
/** Classes of errors that the data itself causes: they come again however often the batch is sent. */
const poisonClasses = new Set(['22', '23', '54']);
/** Errors after which the same transaction may succeed: deadlock, serialization failure. */
const againStates = new Set(['40P01', '40001']);
/** SQLSTATE of a lock that was not free within `lock_timeout`. */
const lockTimeoutState = '55P03';
/**
 * Classes of errors that may end the session in the midst of a commit: connection, resources, operator, system, internal.
 * The severity would tell an ERROR (rolled back) from a FATAL, but servers translate it.
 */
const unknownClasses = new Set(['08', '53', '57', '58', 'XX']);
/** Classes of errors under which a statement may succeed later: connection, rollback, resources, operator, system. */
const laterClasses = new Set(['08', '40', '53', '57', '58']);
/** SQLSTATE of a statement that was cancelled, by its timeout or by somebody. */
const cancelledState = '57014';
/** SQLSTATE of a write on a server that only reads: a primary that has become a standby. */
const readOnlyState = '25006';
/** SQLSTATEs of a server that shuts down, has crashed, starts, has no connection left, or ended the session for its idleness. */
const downStates = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '53300']);

interface ServerError {
  readonly code: string;
  readonly detail: string | undefined;
}

/** What a failed commit means to its caller. The statement had been sent. */
export function commitError(thrown: unknown): Error {
  const server = serverError(thrown);
  if (server === undefined) return new UnknownCommitError(thrown);
  const sqlClass = server.code.slice(0, 2);
  if (unknownClasses.has(sqlClass) || downStates.has(server.code)) return new UnknownCommitError(thrown);
  if (server.code === readOnlyState) return unreachable(thrown);
  const fenced = fencedError(thrown);
  if (fenced !== undefined) return fenced;
  if (poisonClasses.has(sqlClass)) return new PoisonError(server.code, ensureError(thrown).message, thrown);
  return ensureError(thrown);
}

/** The FencedError of what the server answered to a statement whose leases are lost; undefined for any other error. */
export function fencedError(thrown: unknown): FencedError | undefined {
  const server = serverError(thrown);
  return server?.code === fencedState ? new FencedError((server.detail ?? '').split(',').map(Number)) : undefined;
}

/** Whether the same commit should be sent again: the server rolled it back for no reason of its own. */
export function isWorthRepeating(thrown: unknown): boolean {
  return againStates.has(serverError(thrown)?.code ?? '');
}

/** Whether a lock was not free in time. */
export function isLockTimeout(thrown: unknown): boolean {
  return serverError(thrown)?.code === lockTimeoutState;
}

/**
 * Whether the server of this session only reads: a primary that has become a standby. Nothing was written, and nothing
 * will be on this connection, however long it lives: it is to be given up, so that the next one finds the new primary.
 */
export function isReadOnly(thrown: unknown): boolean {
  return serverError(thrown)?.code === readOnlyState;
}

/** Whether a statement was ended because it took too long: nothing of it was written. */
export function tookTooLong(thrown: unknown): boolean {
  return serverError(thrown instanceof PawlError ? thrown.cause : thrown)?.code === cancelledState;
}

/** Whether a warning says that a write was not confirmed by the standbys it waited for. Its text is translated, the name of the server's function is not. */
export function isUnconfirmed({ routine }: { readonly routine?: string | undefined }): boolean {
  return routine === 'SyncRepWaitForLSN';
}

/**
 * The error of a statement that may be sent again: what passes by itself (a lost connection, a statement that took too
 * long, a server without memory) becomes `PAWL_STORE_UNREACHABLE`, so that nobody takes it for a fault of the data.
 */
export function readError(thrown: unknown): Error {
  if (thrown instanceof PawlError) return thrown;
  const server = serverError(thrown);
  const passes =
    server === undefined ||
    laterClasses.has(server.code.slice(0, 2)) ||
    downStates.has(server.code) ||
    server.code === readOnlyState;
  return passes ? unreachable(thrown) : ensureError(thrown);
}

/** The error of a first connection: whatever keeps Pawl out of the database is `PAWL_STORE_UNREACHABLE` with what to do. */
export function connectError(thrown: unknown): Error {
  if (thrown instanceof PawlError) return thrown;
  const code = serverError(thrown)?.code ?? '';
  const hint = code.startsWith('28') ? accountHint : connectHints[code];
  if (hint === undefined) return readError(thrown);
  const reason = ensureError(thrown).message;
  return new PawlError('PAWL_STORE_UNREACHABLE', `The database cannot be reached: ${reason}`, { cause: thrown, hint });
}

const accountHint = 'Mend the user and password in PAWL_DATABASE_URL, or let this user in by pg_hba.conf.';

const connectHints: Readonly<Record<string, string | undefined>> = {
  '3D000': 'Make it with createdb, or mend the name of the database in PAWL_DATABASE_URL.',
  '42501': 'Grant the user of PAWL_DATABASE_URL the right to connect to this database.',
  '53300': 'The server has no connection left: end some of its clients, or raise its max_connections.',
};

/** The database cannot be reached; nothing was written. */
export function unreachable(cause: unknown): PawlError {
  const reason = ensureError(cause).message;
  const hint = /SSL|certificate|self-signed/i.test(reason) ? { hint: tlsHint } : {};
  return new PawlError('PAWL_STORE_UNREACHABLE', `The database cannot be reached: ${reason}`, { cause, ...hint });
}

const tlsHint =
  'Another machine is reached by verified TLS. Name its certificate by NODE_EXTRA_CA_CERTS, or, on a network of your own, add ?sslmode=disable to PAWL_DATABASE_URL.';

/** What PostgreSQL itself answered; undefined for an error of the driver or the network. */
function serverError(thrown: unknown): ServerError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, severity, detail } = thrown as { code?: unknown; severity?: unknown; detail?: unknown };
  if (typeof code !== 'string' || code.length !== 5 || severity === undefined) return undefined;
  return { code, detail: typeof detail === 'string' ? detail : undefined };
}
