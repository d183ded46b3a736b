import { InvalidArgumentError, Option } from 'commander';

const defaultLimit = 20;
const mostItems = 10_000;

/** `--limit`: how many items of a list are shown. */
export function limitOption(): Option {
  return new Option('--limit <n>', 'show at most so many').default(defaultLimit).argParser((text) => {
    const limit = Number(text);
    if (Number.isInteger(limit) && limit >= 1 && limit <= mostItems) return limit;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${mostItems}.`);
  });
}
