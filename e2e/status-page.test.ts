import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, waitUntil } from '@pawl/testkit';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callApi } from './crash/api.ts';
import { launchBrowser } from './support/browser.ts';
import { startPawl } from './support/pawl.ts';

/* The status page of a real `pawl start` in a real Chromium. */

const patienceMs = 60_000;
const launched = await launchBrowser();
const skipped = typeof launched === 'string' ? ` (not run: ${launched})` : '';

/** What axe tells; its own types are of the browser. */
interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

describe.skipIf(typeof launched === 'string')(`the status page${skipped}`, () => {
  const browser = launched as Browser;
  /** Takes a request and never answers. */
  const silent = createServer((socket) => void socket.once('data', () => socket.destroy()));
  let folder: string;
  let url = '';
  let pawl: Program;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pawl-page-'));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const env = { PAWL_DATA: join(folder, 'data'), PAWL_PORT: '0', PAWL_ALLOW_NETS: '127.0.0.1' };
    pawl = startPawl(['start', '--no-examples'], { env });
    const told = (): string | undefined => /Pawl is at (http:\S+) /.exec(pawl.stdout)?.[1];
    await waitUntil(
      'pawl says where it is',
      async () => {
        if (!pawl.living) throw new Error(pawl.stderr);
        return told() !== undefined;
      },
      patienceMs,
    );
    url = told() ?? '';
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/charge`;
    const flow = {
      document: { dsl: '1.0.3', namespace: 'e2e', name: 'charge', version: '1.0.0' },
      do: [{ charge: { call: 'http', with: { method: 'post', endpoint } } }],
    };
    expect((await callApi(url, '/api/v1/flows', { body: JSON.stringify(flow) })).status).toBe(201);
  }, patienceMs * 2);

  afterAll(async () => {
    await browser.close();
    silent.close();
    expect(await pawl?.stop(), pawl?.stderr).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  }, patienceMs);

  /** A run whose question waits for a person. */
  const question = async (): Promise<{ run: string; decision: string }> => {
    const started = await callApi(url, '/api/v1/flows/e2e/charge/runs', { body: '{"input":null}' });
    const run = String(started.body['id']);
    let decision = '';
    await waitUntil(
      'it asks',
      async () => {
        const { items } = (await callApi(url, '/api/v1/decisions')).body as { items: { id: string; run: string }[] };
        decision = items.find((each) => each.run === run)?.id ?? '';
        return decision !== '';
      },
      patienceMs,
    );
    return { run, decision };
  };
  const openPage = async (colorScheme: 'light' | 'dark' = 'light'): Promise<Page> => {
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };

  it.each(['light', 'dark'] as const)(
    'has nothing that axe objects to in the %s theme',
    async (theme) => {
      const { run, decision } = await question();
      const page = await openPage(theme);
      const card = page.locator(`[data-id="${decision}"]`);
      await card.getByRole('button', { name: 'Decide…' }).click();
      await page.locator(`[data-run="${run}"]`).click();
      await page.locator('#journal li').first().waitFor();
      await card.getByRole('radio').first().waitFor();
      // By the protocol of the browser, which the policy of the page does not bind.
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResult>('axe.run(document)');
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  it('takes a decision by the keyboard alone', async () => {
    const { run, decision } = await question();
    const page = await openPage();
    await page.locator(`[data-id="${decision}"]`).waitFor();
    const focus = (): Promise<string> =>
      page.evaluate<string>(
        `(() => { const at = document.activeElement; return (at.closest('[data-id]')?.dataset.id ?? '') + ' ' + (at.value || at.textContent); })()`,
      );
    for (let presses = 0; (await focus()) !== `${decision} Decide…`; presses += 1) {
      expect(presses, 'Tab reaches the question').toBeLessThan(100);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    expect(await focus()).toBe(`${decision} applied`);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focus()).toBe(`${decision} fail`);
    await page.keyboard.press('Tab');
    await page.keyboard.type('the account shows nothing');
    await page.keyboard.press('Enter');
    await page.locator(`[data-id="${decision}"]`).waitFor({ state: 'detached' });
    const { items } = (await callApi(url, '/api/v1/decisions?open=false')).body as {
      items: { id: string; decided: unknown }[];
    };
    expect(items.find((each) => each.id === decision)?.decided).toMatchObject({
      by: 'local-owner',
      verdict: { fail: true },
    });
    await waitUntil(
      'the run faults',
      async () => (await callApi(url, `/api/v1/runs/${run}`)).body['status'] === 'faulted',
    );
    await page.context().close();
  }, 120_000);

  it('runs no script but its own', async () => {
    const page = await openPage();
    const refused: string[] = [];
    page.on('console', (message) => void refused.push(message.text()));
    await page.locator('#health').waitFor();
    const ran = await page.evaluate<readonly unknown[]>(`(async () => {
      const inline = document.createElement('script');
      inline.textContent = 'window.ran = "inline"';
      document.head.append(inline);
      const holder = document.createElement('div');
      holder.innerHTML = '<img src="x" onerror="window.ran = \\'attribute\\'">';
      document.body.append(holder);
      const foreign = document.createElement('script');
      foreign.src = 'data:text/javascript,window.ran="foreign"';
      const ended = new Promise((resolve) => { foreign.onerror = () => resolve('refused'); foreign.onload = () => resolve('loaded'); });
      document.head.append(foreign);
      const outcome = await ended;
      return [window.ran ?? 'nothing', outcome];
    })()`);
    expect(ran).toEqual(['nothing', 'refused']);
    await waitUntil('the browser tells of it', async () =>
      refused.some((text) => /Content Security Policy/i.test(text)),
    );
    await page.context().close();
  }, 120_000);
});
