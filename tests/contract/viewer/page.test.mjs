// The page at /docs in a real browser: both documents and the webhooks are shown, requests can be sent, and no other host is asked.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const BASE = process.env.BASE;
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
  // What the page asks of other hosts must not only fail to come: it is not even asked outside.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

let browser;
before(async () => { browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS }); });
after(() => browser.close());

/** A page at that address, and all that went wrong with it or went elsewhere. Those are held to be none when the test ends. */
async function open(t, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems = [];
  const asked = [];
  context.on('request', (request) => {
    asked.push(request.url());
    const { protocol, origin } = new URL(request.url());
    if (origin !== BASE && protocol !== 'data:' && protocol !== 'blob:') problems.push(`asks ${request.url()}`);
  });
  page.on('websocket', (socket) => problems.push(`opens ${socket.url()}`));
  page.on('pageerror', (error) => problems.push(`throws ${error.message}`));
  // Violations of the policy come as messages, too.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`says ${message.text()}`);
  });
  t.after(() => context.close());
  const response = await page.goto(`${BASE}${path}`);
  assert.match(response.headers()['content-security-policy'], /^default-src 'none';/);
  return { page, asked, isClean: () => assert.deepEqual(problems, []) };
}

/** What the menu at the side has under that name. What it leads to is drawn when it comes into sight, not before. */
const entry = (page, name) => page.locator('a').getByText(name, { exact: true }).first();
const heading = (page, name) => page.getByRole('heading', { name, exact: true });

/** The operations and webhooks of a document, by their summaries. */
async function summaries(path) {
  const document = await (await fetch(`${BASE}${path}`)).json();
  const of = (items) => Object.values(items ?? {}).flatMap((item) => Object.values(item)).map((one) => one.summary).filter(Boolean);
  return { title: document.info.title, operations: of(document.paths), webhooks: of(document.webhooks) };
}

test('the calls document is there, webhooks included', async (t) => {
  const { page, asked, isClean } = await open(t, '/docs');
  const { title, operations, webhooks } = await summaries('/openapi.json');
  assert.ok(operations.length >= 6 && webhooks.length === 9);
  await heading(page, title).waitFor();
  await page.getByRole('heading', { name: operations[0] }).waitFor();
  for (const summary of [...operations, ...webhooks]) {
    await entry(page, summary).waitFor();
  }
  await entry(page, webhooks[0]).click();
  await page.getByRole('heading', { name: webhooks[0] }).waitFor();
  assert.ok(asked.includes(`${BASE}/docs/viewer.js`) && asked.includes(`${BASE}/openapi.json`));
  isClean();
});

test('the control API is chosen in the menu', async (t) => {
  const { page, isClean } = await open(t, '/docs/');
  const { title, operations } = await summaries('/__admin/openapi.json');
  await page.getByRole('button', { name: 'Calls API' }).first().click();
  await page.getByText('Control API', { exact: true }).first().click();
  await heading(page, title).waitFor();
  assert.ok(operations.length >= 40);
  for (const summary of operations) await entry(page, summary).waitFor();
  await entry(page, 'Show the clock').click();
  await page.getByRole('heading', { name: 'Show the clock' }).waitFor();
  // The guard against web pages of other origins lets this one in.
  await page.getByRole('button', { name: '(get /clock)' }).click();
  await page.getByRole('button', { name: /^Send get request/ }).click();
  await page.getByRole('dialog').getByText('200 OK').first().waitFor();
  isClean();
});

test('a request is sent with a bearer token, and its answer shown', async (t) => {
  const { page, isClean } = await open(t, '/docs');
  await entry(page, 'Get a call').click();
  await page.getByRole('button', { name: '(get /calls/{callId})' }).click();
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url().startsWith(`${BASE}/api/`)),
    page.getByRole('button', { name: /^Send get request/ }).click(),
  ]);
  assert.equal(request.url(), `${BASE}/api/v1/calls/call_xxx`);
  assert.equal((await request.allHeaders()).authorization, 'Bearer any');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('200 OK').first().waitFor();
  await dialog.getByText('Alice (existing contact)').first().waitFor();
  isClean();
});

/** Opens an operation of the document that is shown, sends what it is filled with, and gives the answer. */
async function send(page, method, where, summary) {
  await entry(page, summary).click();
  await page.getByRole('button', { name: `(${method} ${where})` }).first().click();
  const isAnswer = (response) => /^\/(api|__admin)\//.test(new URL(response.url()).pathname) && response.request().method() === method.toUpperCase();
  const [response] = await Promise.all([
    page.waitForResponse(isAnswer),
    page.getByRole('button', { name: new RegExp(`^Send ${method} request`) }).click(),
  ]);
  return response;
}

/** What can only be done to something that is not there yet, or waits for what has not come: pressed first, it says so. */
const IN_VAIN = {
  endCall: 409, moveCall: 409, waitForDeliveries: 408, waitForRequests: 408, getDelivery: 404, redeliver: 404, removeFault: 404,
  unsubscribeWebhook: 404, dropWorkspace: 404, putState: 422,
};

for (const [title, path] of [['Calls API', '/openapi.json'], ['Control API', '/__admin/openapi.json']]) {
  test(`each operation of the ${title} can be sent as it is filled in`, { timeout: 600_000 }, async (t) => {
    const { page } = await open(t, '/docs');
    if (title !== 'Calls API') {
      await page.getByRole('button', { name: 'Calls API' }).first().click();
      await page.getByText(title, { exact: true }).first().click();
    }
    const { paths } = await (await fetch(`${BASE}${path}`)).json();
    for (const [where, item] of Object.entries(paths)) {
      for (const [method, { operationId, summary }] of Object.entries(item).filter(([, one]) => one.operationId)) {
        const response = await send(page, method, where, summary);
        const expected = response.status() < 300 ? response.status() : IN_VAIN[operationId];
        assert.equal(response.status(), expected, `${method} ${where} (${operationId})`);
        assert.doesNotMatch(response.url(), /workspace=(?!default)/, 'it goes to the workspace that is looked at');
        if (operationId === 'listCalls') assert.ok((await response.json()).data.length > 0, 'the filters leave something');
        if (operationId === 'getRecording') await page.getByRole('dialog').locator('audio').waitFor();
        await page.keyboard.press('Escape');
      }
    }
  });
}

test('it fits a phone, and is dark where that is preferred', async (t) => {
  const { page, isClean } = await open(t, '/docs', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await heading(page, 'Akol Calls API').waitFor();
  const [wide, brightness] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    Math.max(...(getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? ['255']).slice(0, 3).map(Number)),
  ]);
  assert.ok(wide <= 390, `${wide} pixels wide`);
  assert.ok(brightness < 64, `background of ${brightness}`);
  isClean();
});
