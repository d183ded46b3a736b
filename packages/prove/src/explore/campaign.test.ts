import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../../scripts/campaign.ts', import.meta.url));
const seeds = 10_000;

/** Runs a campaign in processes of its own; answers its exit code and what it printed. */
function campaign(): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve) => {
    const args = [script, '--seeds', String(seeds)];
    execFile(process.execPath, args, { maxBuffer: 16_777_216 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: error === null ? stdout : stdout + stderr });
    });
  });
}

describe('the engine under simulated faults', () => {
  it(`keeps its promises in ${seeds} seeds, and meets every fault at every boundary`, {
    timeout: 600_000,
  }, async () => {
    const { code, output } = await campaign();
    expect(code, output).toBe(0);
    expect(output.trim().split('\n').at(-1)).toBe('proven');
  });
});
