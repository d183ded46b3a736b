import { join } from 'node:path';
import type { EngineOptions } from '@pawl/server';
import type { ExampleAccess } from '../demo/access.ts';
import type { Settings } from '../settings.ts';

/** What every engine of this command line has in common. */
export function engineOptions(
  settings: Settings,
  access: ExampleAccess,
): Omit<EngineOptions, 'database' | 'worker' | 'log'> {
  const { allowNets, allowRun, host, port, files, connectionsFile, dataDir } = settings;
  return {
    allowNets,
    allowRun,
    denyEndpoints: [{ host, port }],
    files,
    wireFolder: join(dataDir, 'wire'),
    lineageFile: join(dataDir, 'lineage.json'),
    grants: access.grants,
    connections: access.connections,
    ...(connectionsFile === undefined ? {} : { connectionsFile }),
  };
}
