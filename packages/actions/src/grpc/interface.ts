import { isUtf8 } from 'node:buffer';
import { common, parse, Root, Type } from 'protobufjs';
import type { Method, Service } from 'protobufjs';
import { ensureError, nearestHint } from '@pawl/core';
import { FailedAttempt, terminal } from '../failures.ts';
import { actionLimits } from '../limits.ts';
import { notADocument } from '../resource/parse-document.ts';

/** A method that a definition gives a service. */
export interface RpcMethod {
  /** As it is called: `/package.Service/Method`. */
  readonly path: string;
  readonly request: Type;
  readonly response: Type;
  /** The answer is a stream of messages. */
  readonly streams: boolean;
  /** The definition says that it changes nothing. */
  readonly pure: boolean;
}

/** Reads an interface definition. Throws a FailedAttempt that says what is wrong with it. */
export function readInterface(bytes: Buffer, shownUrl: string): Root {
  if (!isUtf8(bytes)) throw notADocument(shownUrl, 'it is not UTF-8 text');
  if (bytes.length > actionLimits.documentYamlBytes)
    throw notADocument(shownUrl, `it has more than ${actionLimits.documentYamlBytes} bytes`);
  const root = new Root();
  try {
    const { imports } = parse(bytes.toString('utf8'), root, { keepCase: true });
    for (const path of imports ?? []) addImport(root, path, shownUrl);
    root.resolveAll();
    return root;
  } catch (error) {
    if (error instanceof FailedAttempt) throw error;
    throw notADocument(
      shownUrl,
      `it is no interface definition: ${ensureError(error).message.slice(0, quotedProblem)}`,
    );
  }
}

const quotedProblem = 200;

/** Finds a method. Throws a FailedAttempt that names the nearest one. */
export function findMethod(root: Root, service: string, name: string): RpcMethod {
  const found = services(root).find(({ fullName }) => fullName === `.${service}`);
  const services_ = found === undefined ? services(root).filter((each) => each.name === service) : [found];
  const [only, another] = services_;
  if (only === undefined || another !== undefined)
    throw unknown(
      `service ${service}`,
      service,
      services(root).map(({ fullName }) => fullName.slice(1)),
    );
  const method = only.methodsArray.find((each) => each.name === name);
  if (method === undefined)
    throw unknown(
      `method ${name} in ${service}`,
      name,
      only.methodsArray.map((each) => each.name),
    );
  return described(only, method);
}

function described(service: Service, method: Method): RpcMethod {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (!(request instanceof Type) || !(response instanceof Type))
    throw new FailedAttempt(
      terminal('configuration', `The types of the method ${method.name} are not defined. Nothing was sent.`),
    );
  const options: Readonly<Record<string, unknown>> = method.options ?? {};
  return {
    path: `/${service.fullName.slice(1)}/${method.name}`,
    request,
    response,
    streams: method.responseStream === true,
    pure: options['idempotency_level'] === 'NO_SIDE_EFFECTS',
  };
}

function services(root: Root): readonly Service[] {
  const found: Service[] = [];
  const open: { readonly nestedArray?: readonly object[] }[] = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const each of at.nestedArray ?? []) {
      if ('methodsArray' in each) found.push(each as Service);
      else open.push(each);
    }
  }
  return found;
}

function addImport(root: Root, path: string, shownUrl: string): void {
  const known = common.get(path);
  if (known?.nested === undefined)
    throw notADocument(
      shownUrl,
      `it imports ${path.slice(0, 120)}; Pawl reads one file, and knows those of google/protobuf`,
    );
  root.addJSON(known.nested);
}

function unknown(what: string, name: string, known: readonly string[]): FailedAttempt {
  const hint = nearestHint(name, known);
  return new FailedAttempt(
    terminal(
      'configuration',
      `The definition has no ${what}${hint === undefined ? '' : `: ${hint}`}. Nothing was sent.`,
    ),
  );
}
