import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { member } from './member.ts';

/** Names that lead from the arguments of a call to one value in them. */
export type Place = readonly string[];

/** Where the arguments of each protocol of the language hold an endpoint: an address, or `{uri, authentication}`. */
const endpoints: Readonly<Record<string, readonly Place[]>> = {
  http: [['endpoint']],
  openapi: [['document', 'endpoint']],
  grpc: [['proto', 'endpoint']],
  asyncapi: [['document', 'endpoint']],
  a2a: [['agentCard', 'endpoint'], ['server']],
  mcp: [['transport', 'http', 'endpoint']],
};

/** Where they say how to authenticate apart from that. */
const policies: Readonly<Record<string, readonly Place[]>> = {
  openapi: [['authentication']],
  grpc: [['service', 'authentication']],
  asyncapi: [['authentication']],
};

/** Where a call holds endpoints, by what it calls; nowhere for an action that is no protocol. */
export function endpointPlaces(called: string): readonly Place[] {
  return Object.hasOwn(endpoints, called) ? (endpoints[called] ?? []) : [];
}

/** Where a call may say how to authenticate. */
export function authenticationPlaces(called: string): readonly Place[] {
  const own = Object.hasOwn(policies, called) ? (policies[called] ?? []) : [];
  return [...endpointPlaces(called).map((place) => [...place, 'authentication']), ...own];
}

/** The value at a place; undefined where there is none. */
export function valueAt(args: Json | undefined, place: Place): Json | undefined {
  return place.reduce<Json | undefined>(member, args);
}

/** The arguments with another value at a place that is there; undefined takes it out. */
export function withValueAt(args: JsonObject, place: Place, value: Json | undefined): JsonObject {
  const [name, ...rest] = place;
  const within = name === undefined ? undefined : args[name];
  if (name === undefined || within === undefined) return args;
  if (rest.length > 0) return isObject(within) ? { ...args, [name]: withValueAt(within, rest, value) } : args;
  if (value !== undefined) return { ...args, [name]: value };
  const { [name]: _, ...others } = args;
  return others;
}
