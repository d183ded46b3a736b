import type { JsonObject } from './json.ts';

/** An error of the flow language (RFC 9457 form), as `raise` makes it and `catch` meets it. */
export interface FlowError extends JsonObject {
  /** URI of the kind of error. */
  readonly type: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  /** JSON pointer of the step that raised it. */
  readonly instance?: string;
}

/** The kinds of error that the language names, with their default status. */
export const errorKinds = {
  configuration: 400,
  validation: 400,
  expression: 400,
  authentication: 401,
  authorization: 403,
  timeout: 408,
  communication: 500,
  runtime: 500,
  /** Pawl's own: the effect may or may not have been applied. */
  ambiguous: 500,
} as const;

/** The last part of a standard error type. */
export type ErrorKind = keyof typeof errorKinds;

const prefix = 'https://open-workflow-specification.org/spec/1.0.0/errors/';
const alias =
  /^https:\/\/(?:open-workflow-specification\.org|serverlessworkflow\.io)\/(?:spec\/[^/]+\/errors|dsl\/errors\/types)\/([a-z]+)$/;

/** An error of a standard kind. Its status is the kind's own unless a better one is known. */
export function flowError(
  kind: ErrorKind,
  detail: string,
  more: { status?: number; title?: string; instance?: string } = {},
): FlowError {
  return {
    type: prefix + kind,
    status: more.status ?? errorKinds[kind],
    title: more.title ?? titles[kind],
    detail,
    ...(more.instance === undefined ? {} : { instance: more.instance }),
  };
}

/** The kind of a standard error type in any of its spellings, or the type itself. */
export function errorKindOf(type: string): string {
  return alias.exec(type)?.[1] ?? type;
}

const titles: Record<ErrorKind, string> = {
  configuration: 'The flow is not configured right',
  validation: 'The data does not match its schema',
  expression: 'An expression failed',
  authentication: 'The target did not accept the credentials',
  authorization: 'This is not allowed',
  timeout: 'It took too long',
  communication: 'The target did not do what was asked',
  runtime: 'The step failed',
  ambiguous: 'It is not known whether the effect was applied',
};

/** Whether an error says that it is not known whether an effect was applied. */
export function isAmbiguous(error: FlowError): boolean {
  return errorKindOf(error.type) === 'ambiguous';
}
