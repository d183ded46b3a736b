import type { Json } from '@pawl/core';
import type { AuditRow } from '@pawl/store';
import * as schemas from '../access-schemas.ts';
import type { App, AppContext } from '../app.ts';
import { listOf, pageSize, problem } from '../schemas.ts';

const tags = ['access'];
const problems = { '4xx': problem };

/** What people did, and whether the record of it is whole. */
export async function auditRoutes(app: App, { engine }: AppContext): Promise<void> {
  const { audit, workspace } = engine;
  const list = {
    tags,
    summary: 'What people did, the newest first.',
    querystring: schemas.auditQuery,
    response: { 200: listOf(schemas.auditEntry), ...problems },
  };
  app.get('/api/v1/audit', { schema: list }, async ({ query }) => {
    const { cursor = null, since } = query;
    const from = since === undefined ? {} : { since: Date.parse(since) };
    const page = await audit.list({ workspace, ...from, cursor, limit: pageSize(query) });
    return { items: page.items.map(entryView), next: page.next };
  });

  const verify = {
    tags,
    summary: 'Reads the whole audit trail and hashes it anew.',
    querystring: schemas.verifyQuery,
    response: { 200: schemas.verified, ...problems },
  };
  app.get('/api/v1/audit/verify', { schema: verify }, async ({ query }) => {
    const [seq, hash] = query.known?.split(':') ?? [];
    const known = seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
    const check = await audit.verify(workspace, known);
    const { broken } = check;
    return {
      ok: broken === undefined,
      entries: check.rows,
      hash: check.hash,
      broken: broken === undefined ? null : { ...broken },
    };
  });
}

function entryView({ at, before, after, ...row }: AuditRow) {
  return { ...row, at: new Date(at).toISOString(), before: valueOf(before), after: valueOf(after) };
}

function valueOf(text: string | null): Json {
  return text === null ? null : (JSON.parse(text) as Json);
}
