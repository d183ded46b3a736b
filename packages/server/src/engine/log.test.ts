import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const program = `
  const { openLog } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)});
  const log = await openLog(process.argv[1]);
  log.debug({ run: 'r' }, 'quiet');
  log.info({ run: 'r', answer: 'a\\nb\\u001b[31m', long: 'x'.repeat(100_000) }, 'told');
  log.error({ err: new Error('broken') }, 'bad');
`;

/** Lines that a process of its own wrote with a level. */
async function linesOf(level: string): Promise<Record<string, unknown>[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, level], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) text += chunk as string;
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('writes one line of JSON an entry on stderr, whatever is in it, with long texts cut', async () => {
    const lines = await linesOf('info');
    expect(lines).toMatchObject([
      {
        level: 'info',
        msg: 'told',
        run: 'r',
        answer: 'a\nb\u001b[31m',
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
      { level: 'error', msg: 'bad', err: { type: 'Error', message: 'broken' } },
    ]);
    expect(String(lines[0]?.['long']).length).toBeLessThan(5_000);
  });

  it('says as much as its level', async () => {
    expect((await linesOf('debug')).map((line) => line['msg'])).toEqual(['quiet', 'told', 'bad']);
    expect(await linesOf('silent')).toEqual([]);
  });
});
