import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PawlError } from '@pawl/core';
import type { Engine } from '@pawl/server';
import { note } from '../output.ts';
import { repositoryRoot } from '../settings.ts';

/** Publishes `examples/<name>/flow.yaml` and gives the names. A changed example does not keep Pawl from starting. */
export async function deployExamples(engine: Engine): Promise<string[]> {
  const folder = join(repositoryRoot, 'examples');
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'flow.yaml')))
    : [];
  for (const name of names) {
    try {
      await engine.deploy(readFileSync(join(folder, name, 'flow.yaml'), 'utf8'));
    } catch (error) {
      if (!(error instanceof PawlError) || error.status >= 500) throw error;
      note(`examples/${name}/flow.yaml is not published (${error.code}): ${error.message} ${error.hint}`);
    }
  }
  return names;
}
