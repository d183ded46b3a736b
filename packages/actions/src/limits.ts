/** Every bound of actions and egress, by name. */
export const actionLimits = {
  /** Establishing a connection: name, TCP and TLS together (ms). */
  connectTimeout: 10_000,
  /** Between two pieces of an answer's body (ms): a target that drips is cut off. */
  answerPause: 30_000,
  /** A whole request, whatever the attempt's own timeout (ms). */
  requestTime: 3_600_000,
  /** Headers of an answer together (bytes). */
  answerHeaderBytes: 65_536,
  /** Body of an answer (bytes), packed and unpacked. */
  answerBytes: 10_485_760,
  /** Nesting of a JSON answer. */
  answerDepth: 512,
  /** Packings of one body inside each other. */
  answerEncodings: 2,
  /** Headers that a flow sets (bytes). */
  requestHeaderBytes: 32_768,
  /** Characters of a URL. */
  urlCharacters: 8_192,
  /** Redirects that one request follows. */
  redirects: 3,
  /** Connections to one origin for one set of permissions. */
  connectionsPerOrigin: 256,
  /** How long a connection is kept for the next request (ms). */
  keepAlive: 4_000,
  /** The same for effects that must not meet a dying connection (ms): idle for less than a second. */
  keepAliveFresh: 900,
  /** Longest Retry-After that is believed (ms). */
  retryAfter: 86_400_000,
  /** Characters of an answer's body quoted in an error. */
  quotedAnswer: 300,

  /** An answer that a broker gives at once, such as to a login (ms). */
  brokerAnswer: 15_000,
  /** One message of a broker (bytes). */
  messageBytes: 10_485_760,
  /** Messages that one subscription looks at. */
  subscriptionMessages: 10_000,
  /** Messages that one subscription takes, together (bytes). */
  subscriptionBytes: 10_485_760,

  /** One answer of a token server, its discovery document included (ms). */
  tokenTime: 30_000,
  /** The same (bytes). */
  tokenAnswerBytes: 65_536,
  /** Characters of an access token. */
  tokenCharacters: 16_384,
  /** Tokens that are kept for one set of permissions. */
  tokens: 1_000,
  /** Longest time that a token is kept (ms). */
  tokenLife: 86_400_000,
  /** Life of a token that does not say when it expires (ms). */
  tokenLifeUnknown: 300_000,
  /** A token is renewed so long before it expires, or after half of its life if that is later (ms). */
  tokenMargin: 30_000,
  /** How long a discovery document is believed (ms). */
  discoveryLife: 3_600_000,

  /** A document that describes an API (bytes). */
  documentBytes: 8_388_608,
  /** One that is written in YAML (bytes): reading it holds up everything else. */
  documentYamlBytes: 1_048_576,
  /** Documents that are kept for one set of permissions. */
  documents: 16,
  /** How long a document is believed before it is asked for again (ms). */
  documentLife: 60_000,
  /** Fetching one (ms). */
  documentTime: 30_000,
  /** References within a document that lead to each other. */
  documentReferences: 32,
  /** Requests remembered so that a document that changed does not change a resend. */
  frozenRequests: 10_000,
  /** One row of a file (bytes). */
  fileRowBytes: 1_048_576,
  /** Rows of one page together (bytes): a page ends early rather than exceed it. */
  filePageBytes: 16_777_216,
  /** Rows of a file. */
  fileRows: 1_000_000_000,
  /** Columns of a CSV file. */
  fileColumns: 2_000,
  /** Bytes read ahead at a time. */
  fileChunk: 262_144,
  /** Files kept open between two pages. */
  openFiles: 16,
  /** How long a file is kept open for its next page (ms). */
  openFileIdle: 30_000,
  /** Compiled row schemas that are kept. */
  rowSchemas: 64,

  /** Connections to one database. */
  sqlConnections: 8,
  /** How long an unused one is kept (ms). */
  sqlIdle: 10_000,
  /** Rows that one query may return. */
  sqlRows: 10_000,
  /** Characters of the rows that one query may return. */
  sqlCharacters: 16_777_216,
  /** Characters of one SQL text. */
  sqlText: 1_048_576,
  /** Rows of one upsert. */
  upsertRows: 10_000,
  /** Columns of one upsert. */
  upsertColumns: 1_000,
} as const;
