/**
 * Every error that Pawl throws, by its stable code. `status` is the HTTP status of an API answer, `text` the title,
 * `hint` what a person can do next. docs/reference/errors.md is made from this table.
 */
export const errors = {
  PAWL_INTERNAL: {
    status: 500,
    text: 'Pawl met a state that should not exist',
    hint: 'This is a bug in Pawl; nothing was lost. Please report it with the detail shown.',
  },
  PAWL_USAGE: {
    status: 400,
    text: 'The command was not understood',
    hint: 'Run the command with --help to see its options and examples.',
  },
  PAWL_INPUT_INVALID: {
    status: 400,
    text: 'The input is not valid',
    hint: 'Mend the fields named and send it again; nothing was started.',
  },
  PAWL_REQUEST_INVALID: {
    status: 400,
    text: 'The request is not valid',
    hint: 'See the OpenAPI document at /api/openapi.json.',
  },
  PAWL_TOO_LARGE: {
    status: 413,
    text: 'The body is too large',
    hint: 'Send a smaller body, or a reference to the data.',
  },
  PAWL_NOT_FOUND: { status: 404, text: 'There is no such thing', hint: 'Check the name or id.' },
  PAWL_MEDIA_TYPE: {
    status: 415,
    text: 'The body has a type or encoding that is not read here',
    hint: 'Send application/json (a flow also as application/yaml), uncompressed.',
  },
  PAWL_HOST_UNKNOWN: {
    status: 421,
    text: 'The request names a host that this Pawl is not',
    hint: 'Use the address that `pawl start` prints.',
  },
  PAWL_IN_FLIGHT: {
    status: 409,
    text: 'A request with this Idempotency-Key is under way',
    hint: 'Wait a second and send it again; it is answered with the first one’s result.',
  },
  PAWL_UNAUTHENTICATED: {
    status: 401,
    text: 'Pawl does not know who you are',
    hint: 'Send an access token: commands take it from PAWL_TOKEN. Whoever runs Pawl makes one with `pawl token add NAME --role ROLE`.',
  },
  PAWL_TOO_MANY_TOKENS: {
    status: 429,
    text: 'Too many wrong access tokens',
    hint: 'Wait a minute, and check the token.',
  },
  PAWL_TOKEN_INVALID: {
    status: 400,
    text: 'The access token cannot be made so',
    hint: 'A name begins with a small letter or a digit, and has at most 63 of a-z, 0-9 and . _ @ + -; the expiry lies ahead.',
  },
  PAWL_TOKEN_EXISTS: {
    status: 409,
    text: 'There is an access token of this name',
    hint: 'Use another name: one that was revoked keeps its name, which stands for what was done with it.',
  },
  PAWL_FORBIDDEN: { status: 403, text: 'You may not do this', hint: 'Ask the owner of this Pawl.' },
  PAWL_EVENT_INVALID: {
    status: 400,
    text: 'An event is no CloudEvent of version 1.0',
    hint: 'Mend the attributes named and send it again; none of the events of the request was accepted.',
  },
  PAWL_SCHEDULE_UNKNOWN: {
    status: 404,
    text: 'There is no such schedule',
    hint: 'List the schedules with `pawl schedules`.',
  },
  PAWL_FLOW_INVALID: {
    status: 400,
    text: 'The flow document is not valid',
    hint: 'Mend the problems listed; `pawl check FILE` shows them with their lines.',
  },
  PAWL_FLOW_EXISTS: {
    status: 409,
    text: 'This version of the flow exists with other content',
    hint: 'Raise document.version and deploy again; a published version never changes.',
  },
  PAWL_FLOW_RESOURCE: {
    status: 424,
    text: 'Something that the flow names by its address could not be read',
    hint: 'See that the address can be reached from here (PAWL_ALLOW_NETS) and holds what the flow expects, then deploy again.',
  },
  PAWL_FLOW_UNKNOWN: {
    status: 404,
    text: 'There is no such flow',
    hint: 'List the flows with `pawl flows`, or deploy the file first.',
  },
  PAWL_RUN_UNKNOWN: { status: 404, text: 'There is no such run', hint: 'List the runs with `pawl runs`.' },
  PAWL_RUN_ENDED: { status: 409, text: 'The run has ended', hint: 'A run that has ended does not change.' },
  PAWL_RUN_QUARANTINED: {
    status: 409,
    text: 'The run was set aside because deciding it failed',
    hint: 'The detail says why. Once that is mended, `pawl resume RUN` lets it go on; other runs are not touched.',
  },
  PAWL_RUN_NOT_SET_ASIDE: {
    status: 409,
    text: 'The run was not set aside',
    hint: 'It goes on by itself; `pawl show RUN` says what it waits for.',
  },
  PAWL_START_DUPLICATE: {
    status: 409,
    text: 'A run with this start key exists',
    hint: 'The run named is the one that has this key.',
  },
  PAWL_START_MISMATCH: {
    status: 422,
    text: 'The start key or Idempotency-Key was used with another input',
    hint: 'Use a new key for other data, or the same data with this key.',
  },
  PAWL_KEY_INVALID: {
    status: 400,
    text: 'The key is not valid',
    hint: 'A key is 1 to 255 printable ASCII characters.',
  },
  PAWL_DECISION_UNKNOWN: {
    status: 404,
    text: 'There is no such decision',
    hint: 'List what waits for a decision with `pawl decide`.',
  },
  PAWL_DECISION_TAKEN: {
    status: 409,
    text: 'This was decided already',
    hint: 'The first decision stands; it is shown in the run.',
  },
  PAWL_DECISION_INVALID: {
    status: 400,
    text: 'The question does not take this answer',
    hint: 'Nothing was changed. `pawl decide ID` shows the question and its form.',
  },
  PAWL_DECISION_REFUSED: {
    status: 409,
    text: 'The question does not take this answer now',
    hint: 'The question stays open. `pawl decide ID` shows where it stands.',
  },
  PAWL_UNAVAILABLE: { status: 503, text: 'Pawl is not ready', hint: 'Try again in a moment.' },
  PAWL_EXPRESSION_LIMIT: {
    status: 400,
    text: 'An expression took too much',
    hint: 'Make the expression smaller, or work on fewer items at a time.',
  },
  PAWL_ACTION_UNKNOWN: {
    status: 400,
    text: 'There is no such action',
    hint: 'See docs/reference/actions for the actions and their arguments.',
  },
  PAWL_ACTION_INPUT: { status: 400, text: "The action's arguments are not valid", hint: 'Mend the arguments named.' },
  PAWL_CONNECTION_UNKNOWN: {
    status: 400,
    text: 'There is no such connection',
    hint: 'Add it with `pawl connection set NAME`, or to the file that PAWL_CONNECTIONS names.',
  },
  PAWL_SECRET_UNKNOWN: {
    status: 403,
    text: 'There is no such secret',
    hint: 'List the secrets with `pawl secret list`, or add it with `pawl secret set NAME`.',
  },
  PAWL_SECRET_INVALID: {
    status: 400,
    text: 'The secret or connection is not valid',
    hint: 'Mend what is named; nothing was changed.',
  },
  PAWL_SECRET_HOST: {
    status: 403,
    text: 'The secret may not be sent there',
    hint: 'Whoever keeps the secret can name its hosts with `pawl secret set NAME --host HOST`.',
  },
  PAWL_SECRET_KEY: {
    status: 500,
    text: 'The key that opens the secrets is not the right one',
    hint: 'Give Pawl the key that they were sealed with: PAWL_KEY, PAWL_KEY_FILE, or the file `key` in the data folder.',
  },
  PAWL_CONNECTION_FILE: {
    status: 500,
    text: 'The connections file cannot be used',
    hint: 'It must be readable by Pawl alone (mode 0600) and hold one JSON or YAML object.',
  },
  PAWL_EGRESS: {
    status: 403,
    text: 'Pawl does not connect to this address',
    hint: 'Private and loopback addresses are allowed only by PAWL_ALLOW_NETS.',
  },
  PAWL_RESPONSE_LIMIT: {
    status: 502,
    text: 'The answer was too large or too slow',
    hint: 'Ask the target for less, a page at a time.',
  },
  PAWL_FILE_FORBIDDEN: {
    status: 403,
    text: 'Pawl does not read this file',
    hint: 'Only files below the folders of PAWL_FILES are read, without links out of them.',
  },
  PAWL_FILE_INVALID: { status: 400, text: 'The file is not what was said', hint: 'Check its format and its rows.' },
  PAWL_RUN_NOT_ALLOWED: {
    status: 400,
    text: 'This Pawl does not run such programs',
    hint: 'Whoever runs Pawl can allow it with PAWL_ALLOW_RUN.',
  },
  PAWL_RUN_MISSING: {
    status: 400,
    text: 'The program is not there',
    hint: 'Install it on the machine that runs Pawl.',
  },
  PAWL_STORE_UNREACHABLE: {
    status: 503,
    text: 'The database cannot be reached',
    hint: 'Check that it runs and that PAWL_DATABASE_URL is right; what was accepted is kept.',
  },
  PAWL_STORE_FOREIGN: {
    status: 500,
    text: 'The database holds tables that are not Pawl’s',
    hint: 'Give Pawl a database of its own.',
  },
  PAWL_STORE_NEWER: {
    status: 500,
    text: 'The database was written by a newer Pawl',
    hint: 'Start the newer version, or restore a backup made before it.',
  },
  PAWL_STORE_UNSAFE: {
    status: 500,
    text: 'The database may lose what it has acknowledged',
    hint: 'Set fsync = on and full_page_writes = on in the database server.',
  },
  PAWL_STORE_POOLER: {
    status: 500,
    text: 'A transaction pooler stands before the database',
    hint: 'Connect Pawl to PostgreSQL itself, or to a pooler in session mode.',
  },
  PAWL_STORE_VERSION: {
    status: 500,
    text: 'The database server is too old',
    hint: 'Pawl needs PostgreSQL 15 or newer.',
  },
  PAWL_STORE_DATA_IN_USE: {
    status: 409,
    text: 'Another Pawl uses this data folder',
    hint: 'Stop it, or set PAWL_DATA to another folder.',
  },
  PAWL_STORE_DATA_VERSION: {
    status: 500,
    text: 'The data folder belongs to another major version of PostgreSQL',
    hint: 'Start the Pawl that made it, dump the database, and load it into a new folder.',
  },
  PAWL_STORE_PERMISSION: {
    status: 500,
    text: 'Pawl may not write to the data folder',
    hint: 'Give the user that runs Pawl the right to write there, or set PAWL_DATA.',
  },
  PAWL_STORE_ROOT: {
    status: 500,
    text: 'PostgreSQL does not run as root here',
    hint: 'Start Pawl as another user, or set PAWL_DATABASE_URL.',
  },
  PAWL_STORE_EMBEDDED: {
    status: 500,
    text: 'The embedded PostgreSQL did not start',
    hint: 'The detail and the log file named say why.',
  },
  PAWL_PORT_TAKEN: {
    status: 500,
    text: 'The port is taken',
    hint: 'Stop the program that listens there, or set PAWL_PORT.',
  },
  PAWL_HOST_REFUSED: {
    status: 500,
    text: 'Pawl does not listen on this address so',
    hint: 'Use PAWL_HOST=127.0.0.1, or see the guide on access: it takes an access token, and TLS or a proxy.',
  },
} as const satisfies Record<string, { status: number; text: string; hint: string }>;

/** A stable error code. */
export type ErrorCode = keyof typeof errors;

/** The one error class that Pawl throws on purpose. */
export class PawlError extends Error {
  readonly code: ErrorCode;
  /** HTTP status of an API answer. */
  readonly status: number;
  /** What a person can do next. */
  readonly hint: string;
  /** Further members of a problem document, such as the run that holds a key. */
  readonly extra: Readonly<Record<string, unknown>>;

  /** `detail` says what happened here, in a sentence. */
  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; hint?: string; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PawlError';
    this.code = code;
    this.status = errors[code].status;
    this.hint = options.hint ?? errors[code].hint;
    this.extra = options.extra ?? {};
  }
}

/** Any thrown value as an Error; once at each boundary. */
export function ensureError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}

/** A programmer's assertion; stays on in production. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new PawlError('PAWL_INTERNAL', message);
}
