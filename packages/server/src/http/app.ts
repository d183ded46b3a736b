import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { invariant, PawlError } from '@pawl/core';
import type { Engine } from '../engine/engine.ts';
import { allowedMethods, checkAccess, routePermissions } from './access.ts';
import { readJsonBodies, smallBytes } from './bodies.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { type AuthenticateOptions, openAuthentication } from './authenticate.ts';
import { checkEncoding, checkOrigin, setSecurityHeaders } from './guards.ts';
import { AnswerMemory } from './idempotency.ts';
import { describeApi } from './openapi.ts';
import { problemOf, problemType, sendProblem } from './problem.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { eventRoutes } from './routes/events.ts';
import { flowRoutes } from './routes/flows.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { runRoutes } from './routes/runs.ts';
import { connectionRoutes } from './routes/connections.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { secretRoutes } from './routes/secrets.ts';
import { startRoute } from './routes/start.ts';
import { streamRoute } from './routes/stream.ts';
import { auditRoutes } from './routes/audit.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { validatorCompiler } from './validate.ts';

/** The framework's instance, with types from the schemas. */
export type App = ReturnType<typeof typed>;

/** What the routes share. */
export interface AppContext {
  readonly engine: Engine;
  readonly answers: AnswerMemory;
  /** Whether who sent a request that was let in would be let in still. */
  readonly holds: (request: FastifyRequest) => Promise<boolean>;
  /** Aborted when the server stops: open streams end. */
  readonly stopping: AbortSignal;
}

/** Limits of a connection (ms): for its headers, for a whole request, and for the next one; and how often they are checked. */
const headersMs = 10_000;
const requestMs = 60_000;
const keepAliveMs = 10_000;
const checkMs = 2_000;
const longestParameter = 300;
const methodNotAllowed = 405;

/** How an application is reached. */
export interface AppOptions extends Omit<AuthenticateOptions, 'tokensOnly'> {
  /** Takes nobody without a token, from this machine either. Default: false. */
  readonly tokensOnly?: boolean;
  /** https address under which a proxy serves it. */
  readonly publicUrl?: string;
  /** PEM texts; without them it speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Makes the HTTP application of an engine; it does not listen yet. */
export async function createApp(engine: Engine, options: AppOptions = {}): Promise<App> {
  const { publicUrl, tokensOnly = false, tls, ...more } = options;
  const app = typed(engine, tls);
  const { authenticate, holds } = openAuthentication(engine, { tokensOnly, ...more });
  const origins = { tokensOnly, ...(publicUrl === undefined ? {} : { publicOrigin: new URL(publicUrl).origin }) };
  const stopping = new AbortController();
  const context: AppContext = {
    engine,
    holds,
    answers: new AnswerMemory({ store: engine.store, clock: engine.clock, log: engine.log }),
    stopping: stopping.signal,
  };
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, request, reply) => sendProblem(engine.log, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(request.url);
    if (allowed.length > 0) {
      void reply.header('allow', allowed.join(', '));
      const detail = `${request.method} is not served at ${request.url.slice(0, 200)}; ${allowed.join(' and ')} is.`;
      return reply
        .code(methodNotAllowed)
        .type(problemType)
        .send(JSON.stringify(problemOf(new PawlError('PAWL_REQUEST_INVALID', detail), methodNotAllowed)));
    }
    throw new PawlError('PAWL_NOT_FOUND', `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`);
  });
  readJsonBodies(app);
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat())
      invariant(routePermissions[`${each} ${url}`] !== undefined, `the route ${each} ${url} has no permission`);
  });
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply);
    checkOrigin(request, origins);
    checkEncoding(request);
    await checkAccess(request, reply, { authenticate, workspace: engine.workspace });
  });
  app.addHook('preClose', async () => stopping.abort());
  await describeApi(app);
  for (const routes of [
    flowRoutes,
    startRoute,
    runRoutes,
    streamRoute,
    decisionRoutes,
    eventRoutes,
    scheduleRoutes,
    secretRoutes,
    connectionRoutes,
    tokenRoutes,
    auditRoutes,
    healthRoutes,
    metricsRoute,
    pageRoutes,
  ]) {
    await routes(app, context);
  }
  return app;
}

function typed({ log }: Engine, tls: AppOptions['tls']) {
  const times = { headersTimeout: headersMs, connectionsCheckingInterval: checkMs };
  const server = fastify({
    bodyLimit: smallBytes,
    routerOptions: { maxParamLength: longestParameter },
    exposeHeadRoutes: false,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    http: times,
    ...(tls === undefined ? {} : { https: { ...times, ...tls } as unknown as null }),
    clientErrorHandler: answerBrokenRequest,
    // Paths that cannot be decoded: no hook sees them.
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply as unknown as FastifyReply);
      sendProblem(log, error, request as unknown as FastifyRequest, reply as unknown as FastifyReply);
    },
  });
  return server.withTypeProvider<TypeBoxTypeProvider>();
}
