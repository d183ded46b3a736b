import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineBed } from '../engine.fixture.ts';
import { flowText, missing, openBed } from '../engine.fixture.ts';

const read = { call: 'file.read', with: { path: 'people.csv', format: 'csv', schema: { required: ['name', 'city'] } } };
const each = {
  for: { in: '${ . }' },
  do: [{ echo: { call: 'test.echo', with: { n: 1 } } }],
  metadata: { pawl: { batch: { size: 2, page: true } } },
};

describe.skipIf(missing !== undefined)(
  `rows that are bad${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: EngineBed;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pawl-rows-'));
      await writeFile(join(folder, 'people.csv'), 'name,city\na,x\nb,y\nc\n');
      bed = await openBed('file_rows', { files: [folder] });
    });
    afterAll(async () => {
      await bed?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const run = async (name: string, tasks: Json) => {
      const { version } = await bed.engine.deploy(flowText(name, tasks));
      const { run: id } = await bed.engine.start({ flow: { hash: version.hash }, input: {} });
      return bed.engine.ended(id, AbortSignal.timeout(20_000));
    };

    it('fault the run with a validation error that names file and row', async () => {
      const ended = await run('bad-rows', [{ read }, { each }]);
      expect(ended?.status).toBe('faulted');
      expect(ended?.error).toMatchObject({
        type: expect.stringMatching(/\/validation$/),
        status: 400,
        code: 'PAWL_FILE_INVALID',
        instance: '/do/1/each',
        detail: expect.stringMatching(/Row 3 of people\.csv/),
      });
    });

    it('are caught as a validation error', async () => {
      const errors = { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation' } };
      const caught = { errors, do: [{ tell: { set: { status: '${ $error.status }' } } }] };
      const ended = await run('caught-rows', [{ read }, { guarded: { try: [{ each }], catch: caught } }]);
      expect(ended).toMatchObject({ status: 'completed', output: { status: 400 } });
    });
  },
);
