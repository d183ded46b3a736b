import { type JsonObject, PawlError } from '@pawl/core';
import { type ApiRequest, callServer } from '../client/api.ts';
import { openDatabase } from '../engine/database.ts';
import { engineOptions } from '../engine/options.ts';
import { textLog } from '../engine/text-log.ts';
import { note } from '../output.ts';
import { readSettings, type Settings } from '../settings.ts';

/** Sends a request about secrets, connections, tokens or the audit trail; `path` is below /api/v1. */
export type Desk = (path: string, request?: ApiRequest) => Promise<JsonObject>;

/**
 * Opens the place where secrets are kept: the server of PAWL_URL or, where that is not set and none runs, the database
 * of the data folder, behind an API that only this process reaches for this moment; `direct`: that in any case.
 */
export async function withDesk<T>(
  use: (desk: Desk) => Promise<T>,
  { direct = false }: { readonly direct?: boolean } = {},
): Promise<T> {
  if (!direct && (await hasServer()))
    return use(async (path, request) => (await callServer(path, request)).body as JsonObject);
  return withOwnServer(readSettings(), use);
}

async function hasServer(): Promise<boolean> {
  const named = process.env['PAWL_URL'] !== undefined && process.env['PAWL_URL'] !== '';
  if (named) return true;
  try {
    await callServer('secrets');
    return true;
  } catch (error) {
    // Whatever else it says, it will say again to what is asked of it.
    if (error instanceof PawlError) return error.code !== 'PAWL_UNAVAILABLE';
    throw error;
  }
}

async function withOwnServer<T>(settings: Settings, use: (desk: Desk) => Promise<T>): Promise<T> {
  const { openEngine, serve } = await import('@pawl/server');
  const opened = await openDatabase(settings, 'join');
  try {
    note(
      `pawl: this works without a server, on ${opened.embedded ? settings.dataDir : 'the database of PAWL_DATABASE_URL'}.`,
    );
    const engine = await openEngine({
      ...engineOptions(settings, { grants: [], connections: {} }),
      database: opened.database,
      worker: 'none',
      log: textLog('error'),
    });
    try {
      const server = await serve(engine, { port: 0 });
      try {
        return await use(
          async (path, request) => (await callServer(path, { ...request, url: server.url })).body as JsonObject,
        );
      } finally {
        await server.close();
      }
    } finally {
      await engine.stop();
    }
  } finally {
    await opened.stop();
  }
}
