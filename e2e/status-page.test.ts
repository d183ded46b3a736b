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
import { addressOf, startPawl } from './support/pawl.ts';

/* The status page of a real `pawl start` in a real Chromium. */

const patienceMs = 60_000;
const launched = await launchBrowser();
const skipped = typeof launched === 'string' ? ` (not run: ${launched})` : '';

/** One field of each kind, and a rule that the page does not know. */
const form = {
  type: 'object',
  required: ['note', 'amount', 'method'],
  properties: {
    note: { type: 'string', title: 'Why', description: 'In a few words.' },
    amount: { type: 'number', maximum: 100, multipleOf: 5 },
    urgent: { type: 'boolean', title: 'Urgent' },
    method: { enum: ['cash', 7], title: 'How' },
    lines: { type: 'array', title: 'Lines' },
  },
};

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
    url = await addressOf(pawl, patienceMs);
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/charge`;
    const flow = {
      document: { dsl: '1.0.3', namespace: 'e2e', name: 'charge', version: '1.0.0' },
      do: [{ charge: { call: 'http', with: { method: 'post', endpoint } } }],
    };
    expect((await callApi(url, '/api/v1/flows', { body: JSON.stringify(flow) })).status).toBe(201);
    const asks = {
      document: { dsl: '1.0.3', namespace: 'e2e', name: 'refund', version: '1.0.0' },
      do: [
        {
          approve: {
            call: 'ask',
            with: {
              title: 'Refund ${ .order }?',
              text: '<b>He</b>\nsays so.',
              to: ['finance'],
              deadline: 'PT8H',
              form,
            },
          },
        },
      ],
    };
    expect((await callApi(url, '/api/v1/flows', { body: JSON.stringify(asks) })).status).toBe(201);
  }, patienceMs * 2);

  afterAll(async () => {
    await browser.close();
    silent.close();
    expect(await pawl?.stop(), pawl?.stderr).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  }, patienceMs);

  /** A run whose question waits for a person. */
  const question = async (flow = 'charge', input = {}): Promise<{ run: string; decision: string }> => {
    const started = await callApi(url, `/api/v1/flows/e2e/${flow}/runs`, { body: JSON.stringify({ input }) });
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
      const asked = page.locator(`[data-id="${(await question('refund', { order: 'o-1' })).decision}"]`);
      await asked.getByRole('button', { name: 'Decide…' }).click();
      await asked.getByLabel('Approve').check();
      await asked.getByLabel('Lines').fill('[');
      await asked.getByLabel('Why').fill('x');
      await asked.getByLabel('amount').fill('5');
      await asked.getByLabel('How').selectOption('cash');
      await asked.getByRole('button', { name: 'Confirm' }).click();
      await asked.getByText('Lines is no JSON').waitFor();
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

  it('shows what a step asks with a form, which the keyboard fills in, and the fields that the server refuses', async () => {
    const { run, decision } = await question('refund', { order: 'o-7' });
    const page = await openPage();
    const card = page.locator(`[data-id="${decision}"]`);
    await card.waitFor();
    expect(await card.textContent()).toContain('Refund o-7?');
    expect(await card.textContent()).toContain('<b>He</b>\nsays so.');
    expect(await card.textContent()).toContain('Asked of finance.');
    await card.getByRole('button', { name: 'Decide…' }).focus();
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Enter', 'Space', 'Tab');
    await page.keyboard.type('broken');
    await press('Tab');
    await page.keyboard.type('7');
    await press('Tab', 'Space', 'Tab', 'ArrowDown', 'ArrowDown', 'Tab');
    await page.keyboard.type('["a"]');
    await press('Tab', 'Tab', 'Enter');
    const amount = card.getByLabel('amount');
    await waitUntil('the field is marked', async () => (await amount.getAttribute('aria-invalid')) === 'true');
    expect(await page.evaluate('document.activeElement.labels[0].textContent')).toBe('amount');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('10');
    await press('Enter');
    await card.waitFor({ state: 'detached' });
    await waitUntil(
      'the run completes',
      async () => (await callApi(url, `/api/v1/runs/${run}`)).body['status'] === 'completed',
    );
    expect((await callApi(url, `/api/v1/runs/${run}`)).body['output']).toMatchObject({
      decision: 'approved',
      data: { note: 'broken', amount: 10, urgent: true, method: 7, lines: ['a'] },
    });
    await page.context().close();
  }, 120_000);

  it('rejects without what the form asks for', async () => {
    const { decision } = await question('refund', { order: 'o-8' });
    const page = await openPage();
    const card = page.locator(`[data-id="${decision}"]`);
    await card.getByRole('button', { name: 'Decide…' }).click();
    await card.getByLabel('Reject').check();
    expect(await card.getByLabel('amount').isVisible()).toBe(false);
    await card.getByRole('button', { name: 'Confirm' }).click();
    await card.waitFor({ state: 'detached' });
    const { body } = await callApi(url, `/api/v1/decisions/${decision}`);
    expect(body['decided']).toMatchObject({ verdict: { decision: 'rejected', data: null } });
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
