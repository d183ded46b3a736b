import { Type } from 'typebox';
import { roles } from '../access/roles.ts';
import { anyJson, listQuery, reason } from './schemas.ts';

const object = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const time = Type.String({ format: 'date-time' });
const timeOrNull = Type.Union([time, Type.Null()]);
const nullableText = Type.Union([Type.String(), Type.Null()]);
const longestName = 63;

export const tokenParams = object({ name: Type.String({ maxLength: longestName }) });
export const tokenBody = object({
  name: Type.String({
    maxLength: longestName,
    description: 'What it is called in journals and in the audit trail. It is given once.',
  }),
  role: Type.Enum([...roles]),
  expiresAt: Type.Optional(Type.String({ format: 'date-time', description: 'Default: it does not expire.' })),
  reason,
});
export const token = object({
  name: Type.String(),
  role: Type.String(),
  createdAt: time,
  createdBy: Type.String(),
  expiresAt: timeOrNull,
  revokedAt: timeOrNull,
  revokedBy: nullableText,
  usedAt: Type.Union([time, Type.Null()], { description: 'The last use, to five minutes.' }),
});
export const madeToken = object({
  ...token.properties,
  token: Type.String({ description: 'The token itself. It is never shown again.' }),
});
export const auditQuery = object({
  ...listQuery.properties,
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Only what was done from then on.' })),
});
export const auditEntry = object({
  seq: Type.Integer({ description: 'Grows by one with each entry of the workspace.' }),
  at: time,
  by: Type.String(),
  act: Type.String({ description: 'What was done, such as `run.cancel`.' }),
  object: Type.String({ description: 'To what, such as `run/ID`.' }),
  reason: nullableText,
  before: anyJson,
  after: anyJson,
  hash: Type.String({ description: 'sha-256 of the hash before it and of this entry, in hexadecimal.' }),
});
export const verifyQuery = object({
  known: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{0,14}:[0-9a-f]{64}$',
      description: '`SEQ:HASH` of an entry, noted elsewhere before.',
    }),
  ),
});
export const verified = object({
  ok: Type.Boolean(),
  entries: Type.Integer({ description: 'Entries that are as they were written.' }),
  hash: Type.String({ description: 'Hash of the last of them.' }),
  broken: Type.Union([object({ seq: Type.Integer(), detail: Type.String() }), Type.Null()]),
});
