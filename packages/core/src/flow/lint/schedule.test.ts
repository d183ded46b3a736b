import { describe, expect, it } from 'vitest';
import { told } from './lint.testsuite.ts';

const flow = 'do: [{a: {set: {x: 1}}}]';
const problems = (schedule: string): string[] =>
  told(`${flow}\nschedule: ${schedule}`).filter((line) => line.startsWith('error SCHEDULE'));

describe('a schedule', () => {
  it.each(['{cron: "61 * * * *"}', '{cron: "* * *"}', '{cron: "tomorrow"}', '{cron: "0 0 31 2 *"}', '{cron: ""}'])(
    'is not met by %s',
    (schedule) => {
      expect(problems(schedule)).toEqual([expect.stringContaining('/schedule/cron')]);
    },
  );

  it.each([
    '{cron: "*/5 * * * *"}',
    '{cron: "0 30 6 * * MON-FRI"}',
    '{cron: "@daily"}',
    '{every: PT1S}',
    '{after: {days: 1}}',
  ])('may be %s', (schedule) => {
    expect(problems(schedule)).toEqual([]);
  });

  it.each(['every', 'after'])('has a constant length above zero for "%s"', (name) => {
    expect(problems(`{${name}: PT0S}`)).toEqual([expect.stringContaining(`/schedule/${name}`)]);
    expect(problems(`{${name}: "\${ .x }"}`)).toEqual([expect.stringContaining(`/schedule/${name}`)]);
  });
});
