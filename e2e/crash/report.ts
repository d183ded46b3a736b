import type { CampaignResult } from './campaign.ts';

/** The results for people. */
export function reportOf(results: readonly CampaignResult[], seconds: number): string {
  const blocks = results.map((result) => {
    const { scenario, rounds, kills, expected, duplicates, losses, counts, recoveries, violations } = result;
    const killed = Object.values(kills).reduce((sum, count) => sum + count, 0);
    const list = (counted: Readonly<Record<string, number>>): string =>
      Object.entries(counted)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ');
    return [
      `${scenario} (${rounds} ${rounds === 1 ? 'run' : 'runs'})`,
      `  kills       ${killed}: ${list(kills)}`,
      `  expected    ${expected}`,
      `  duplicates  ${duplicates}`,
      `  losses      ${losses}`,
      `  recovery    p50 ${inSeconds(percentile(recoveries, 0.5))}, p99 ${inSeconds(percentile(recoveries, 0.99))}, longest ${inSeconds(recoveries.at(-1))}`,
      `  counted     ${list(counts)}`,
      violations.length === 0
        ? '  violations  none'
        : `  VIOLATIONS\n${violations.map((text) => `    ${text}`).join('\n')}`,
    ].join('\n');
  });
  return [...blocks, `${seconds} s`].join('\n\n');
}

/** The value that so large a share of the sorted values does not exceed; undefined where there are none. */
function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function inSeconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1_000).toFixed(2)} s`;
}
