import { Type } from 'typebox';
import { anyJson, reason } from './schemas.ts';

const object = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const time = Type.String({ format: 'date-time' });
const longest = 300;
const texts = (description: string) => Type.Array(Type.String({ minLength: 1, maxLength: longest }), { description });

const bounds = {
  hosts: Type.Optional(
    texts('Hosts that it may be sent to: `host`, `host:port` or `*.example.com`. Default: any host.'),
  ),
  flows: Type.Optional(texts('Flows that may use it: `namespace/name`, `*` for any characters. Default: all flows.')),
};
const fields = Type.Record(Type.String({ maxLength: longest }), Type.Union([Type.String(), Type.Integer()]));

export const nameParams = object({ name: Type.String({ maxLength: longest }) });
export const secretBody = object({
  value: Type.Unknown({
    description: 'A text, or an object such as the policy of an authentication. It is never shown again.',
  }),
  ...bounds,
  reason,
});
export const connectionBody = object({
  kind: Type.Literal('postgres'),
  fields: Type.Record(Type.String({ maxLength: longest }), Type.Union([Type.String(), Type.Integer()]), {
    description: 'Fields that lists show: host, port, user, database, tls, allow.',
  }),
  secrets: Type.Optional(
    Type.Record(Type.String({ maxLength: longest }), Type.String(), {
      description: 'Fields that are sealed, such as the password. They are never shown again.',
    }),
  ),
  ...bounds,
  reason,
});

const kept = {
  name: Type.String(),
  version: Type.Integer({ description: 'Grows by one with each change.' }),
  createdAt: time,
  updatedAt: time,
  updatedBy: Type.String(),
  hosts: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'null: any host.' }),
  flows: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'null: all flows.' }),
  usedBy: Type.Array(Type.String(), { description: 'Flows that name it, as `namespace/name`.' }),
};
export const secret = object(kept);
export const connection = object({ ...kept, kind: Type.String(), fields });
export const keptVersion = object({ name: Type.String(), version: Type.Integer() });
export const removed = object({
  name: Type.String(),
  usedBy: Type.Array(Type.String(), { description: 'Flows that name it still.' }),
});
export const tested = object({ ok: Type.Boolean(), detail: Type.String() });
export const rotated = object({
  key: Type.String({ description: 'Id of the key that wraps every value now.' }),
  values: Type.Integer({ description: 'Values that were wrapped anew.' }),
});
export const change = object({
  at: time,
  kind: Type.Union([Type.Enum(['secret', 'connection']), Type.Null()]),
  name: Type.Union([Type.String(), Type.Null()]),
  version: Type.Union([Type.Integer(), Type.Null()]),
  change: Type.Enum(['set', 'remove', 'rotate-key']),
  by: Type.String(),
  settings: anyJson,
});
