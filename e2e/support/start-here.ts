import { openEngine } from '@pawl/server';
import pg from 'pg';
import { waitUntil } from '@pawl/testkit';
import { silentLog } from './silent-log.ts';

/*
 * A process that owns all partitions and starts one run in them, as the HTTP server of `pawl start` does. Arguments:
 * address of the database, flow as NAMESPACE/NAME.
 */
const [url = '', flow = ''] = process.argv.slice(2);
const [namespace = '', name = ''] = flow.split('/');
const engine = await openEngine({
  database: url,
  worker: 'shares',
  log: silentLog,
  allowNets: process.env['PAWL_ALLOW_NETS'] ?? '',
});
const client = new pg.Client({ connectionString: url });
await client.connect();
await waitUntil('every partition is owned', async () => {
  const { rows } = await client.query<{ free: number }>(
    'select count(*)::int as free from pawl.lease where worker is null',
  );
  return rows[0]?.free === 0;
});
await engine.start({ flow: { namespace, name }, input: null });
process.stdout.write('accepted\n');
