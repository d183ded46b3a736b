import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** What every browser of the tests is started with: it runs as root, without a display, and talks to nobody by itself. */
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];
/** Browsers that a machine may have, before the one of our dependencies. */
const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A Chromium of this machine or of our dependencies, or the reason why none runs here. */
export async function launchBrowser(): Promise<Browser | string> {
  const reasons: string[] = [];
  for (const find of [...known.filter((path) => existsSync(path)).map((path) => async () => path), packaged]) {
    try {
      return await chromium.launch({ executablePath: await find(), args: flags, headless: true });
    } catch (error) {
      reasons.push(String((error as Error).message).split('\n')[0] ?? '');
    }
  }
  return `no Chromium runs here: ${reasons.join('; ')}`;
}

/** Unpacks the browser of our dependencies into the folder for temporary files. It is built for Linux alone. */
async function packaged(): Promise<string> {
  if (process.platform !== 'linux') throw new Error(`the package has no browser for ${process.platform}`);
  const { default: sparticuz } = await import('@sparticuz/chromium');
  return sparticuz.executablePath();
}
