import type { Settings } from '../settings.ts';
import { type Finding, ok, warn } from './finding.ts';

const patienceMs = 5_000;

/** Asks the server that PAWL_URL names whether it is ready. */
export async function examineServer({ url }: Settings): Promise<Finding[]> {
  try {
    const response = await fetch(new URL('/readyz', url), {
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    });
    if (response.ok) return [ok('server', `${url} is ready`)];
    return [warn('server', `${url} answers ${response.status}.`, 'Its log says why.')];
  } catch {
    return [warn('server', `Nothing answers at ${url}.`, 'Start it with npm start, or set PAWL_URL to where it runs.')];
  }
}
