import type { Log } from '@pawl/core';
import type { Settings } from '../settings.ts';
import { textLog } from './text-log.ts';

/** JSON lines on stderr for a machine; on a terminal only what a person should know, unless PAWL_LOG_LEVEL asks for more. */
export async function chooseLog({ logLevel }: Settings, variables: NodeJS.ProcessEnv = process.env): Promise<Log> {
  const asked = variables['PAWL_LOG_LEVEL'] !== undefined && variables['PAWL_LOG_LEVEL'] !== '';
  if (process.stderr.isTTY && !asked) return textLog('warn');
  const { openLog } = await import('@pawl/server');
  return openLog(logLevel);
}
