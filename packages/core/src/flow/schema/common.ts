import type { JsonObject } from '../../json.ts';
import { anyObject, closed, either, integer, listOf, name, oneMember, oneOfTexts, open, ref, string } from './build.ts';

const amount = String.raw`\d+(\.\d+)?`;
const datePart = `(${amount}Y)?(${amount}M)?(${amount}W)?(${amount}D)?`;
const timePart = String.raw`(T(?=\d)(${amount}H)?(${amount}M)?(${amount}S)?)?`;

const number = String.raw`(0|[1-9]\d*)`;
const preRelease = String.raw`(${number}|\d*[a-zA-Z-][0-9a-zA-Z-]*)`;

/** `$defs` that several kinds of task share. */
export const commonDefinitions: JsonObject = {
  /** A DNS label. */
  label: { type: 'string', pattern: '^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$' },
  /** A semantic version. */
  version: {
    type: 'string',
    pattern: `^${[number, number, number].join('\\.')}(-${preRelease}(\\.${preRelease})*)?(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$`,
  },
  expression: { type: 'string', pattern: String.raw`^\s*\$\{.+\}\s*$` },
  /** Literal addresses: a URI template or a URI reference that does not look like an expression. */
  uriTemplate: {
    type: 'string',
    pattern: String.raw`^(?!\$\{)\S+$`,
    anyOf: [{ format: 'uri-template' }, { format: 'uri-reference' }],
  },
  uriOrExpression: either(ref('uriTemplate'), ref('expression')),
  endpoint: either(
    ref('uriTemplate'),
    ref('expression'),
    closed({ uri: ref('uriOrExpression'), authentication: ref('usedAuthentication') }, ['uri']),
  ),
  resource: closed({ name: string, endpoint: ref('endpoint') }, ['endpoint']),
  duration: either(
    closed({ days: integer, hours: integer, minutes: integer, seconds: integer, milliseconds: integer }, [], {
      minProperties: 1,
    }),
    { type: 'string', pattern: `^P(?!$)${datePart}${timePart}$` },
    ref('expression'),
  ),
  timeout: closed({ after: ref('duration') }, ['after']),
  timeoutOrName: either(ref('timeout'), string),
  dataSchema: closed(
    { format: string, document: true, resource: ref('resource') },
    [],
    oneMember('document', 'resource'),
  ),
  input: closed({ schema: ref('dataSchema'), from: either(string, anyObject) }),
  output: closed({ schema: ref('dataSchema'), as: either(string, anyObject) }),
  error: closed(
    {
      type: ref('uriOrExpression'),
      status: integer,
      instance: either({ type: 'string', format: 'json-pointer' }, ref('expression')),
      title: string,
      detail: string,
    },
    ['type', 'status'],
  ),
  errorFilter: open({ type: string, status: integer, instance: string, title: string, detail: string }, [], {
    minProperties: 1,
  }),
  retryPolicy: closed({
    when: string,
    exceptWhen: string,
    delay: ref('duration'),
    backoff: closed(
      { constant: anyObject, exponential: anyObject, linear: anyObject },
      [],
      oneMember('constant', 'exponential', 'linear'),
    ),
    limit: closed({ attempt: closed({ count: integer, duration: ref('duration') }), duration: ref('duration') }),
    jitter: closed({ from: ref('duration'), to: ref('duration') }, ['from', 'to']),
  }),
  secretName: closed({ use: name }, ['use']),
  credentials: either(closed({ username: string, password: string }, ['username', 'password']), ref('secretName')),
  bearerToken: either(closed({ token: string }, ['token']), ref('secretName')),
  oauth2: either(closed({ ...oauthMembers(), endpoints: tokenEndpoints() }, ['authority', 'grant']), ref('secretName')),
  oidc: either(closed(oauthMembers(), ['authority', 'grant']), ref('secretName')),
  /** A policy of `use.authentications`: open, but exactly one of its kinds is right. */
  authentication: {
    type: 'object',
    oneOf: [
      open({ basic: ref('credentials') }, ['basic']),
      open({ bearer: ref('bearerToken') }, ['bearer']),
      open({ digest: ref('credentials') }, ['digest']),
      open({ oauth2: ref('oauth2') }, ['oauth2']),
      open({ oidc: ref('oidc') }, ['oidc']),
    ],
  },
  /** A policy where it is used: in place, or by its name. */
  usedAuthentication: closed(
    {
      use: name,
      basic: ref('credentials'),
      bearer: ref('bearerToken'),
      digest: ref('credentials'),
      oauth2: ref('oauth2'),
      oidc: ref('oidc'),
    },
    [],
    oneMember('use', 'basic', 'bearer', 'digest', 'oauth2', 'oidc'),
  ),
};

function oauthMembers(): JsonObject {
  const token = closed({ token: string, type: string }, ['token', 'type']);
  const methods = oneOfTexts(
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    'none',
  );
  return {
    authority: ref('uriTemplate'),
    grant: oneOfTexts(
      'authorization_code',
      'client_credentials',
      'password',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ),
    client: closed({ id: string, secret: string, assertion: string, authentication: methods }),
    request: open({ encoding: oneOfTexts('application/x-www-form-urlencoded', 'application/json') }),
    issuers: listOf(string),
    scopes: listOf(string),
    audiences: listOf(string),
    username: string,
    password: string,
    subject: token,
    actor: token,
  };
}

function tokenEndpoints(): JsonObject {
  const path = { type: 'string', format: 'uri-template' };
  return open({ token: path, revocation: path, introspection: path });
}
