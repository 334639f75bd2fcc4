// A page of another origin, in a real browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { space } from './space.mjs';

let browser;
let pages;
let origin;

before(async () => {
  pages = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>An integrator</title>');
  });
  await once(pages.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${pages.address().port}`;
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // As root it has no sandbox; the rest keeps it from asking anybody on the Internet for anything.
    args: [
      ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--no-proxy-server',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
});

/** A server with these options, and a page of the integrator's that has been opened. */
async function opened(t, ...options) {
  const args = ['--listen', '127.0.0.1:0', '--clock', 'manual', '--log-format', 'off', ...options];
  const child = spawn(process.env.AKOL_MOCK, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const page = await browser.newPage();
  t.after(async () => {
    await page.close();
    child.kill();
    await ended;
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  await page.goto(origin);
  return { page, here: space(t.name, line.split(' ').at(-1)) };
}

/** What a page sees of requests that it makes one after the other: what came, or the kind of error. */
const fetchAll = (page, asked) =>
  page.evaluate(async (asked) => {
    const seen = [];
    for (const [url, options] of asked) {
      try {
        const answer = await fetch(url, options);
        seen.push({ status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() });
      } catch (error) {
        seen.push({ error: error.name });
      }
    }
    return seen;
  }, asked);

test('a page of an allowed origin places a call and reads all that it is told', async (t) => {
  const { page, here } = await opened(t, '--cors-origin', 'http://localhost:1', '--cors-origin', origin);
  const key = '0b9f0a5e-7f0c-4a53-9a55-6f3c7b1f9d13';
  const headers = { ...here.json, 'Idempotency-Key': key, 'X-Akol-Scenario': 'busy', 'X-Of-The-Page': '1' };
  const place = [`${here.api}/calls`, { method: 'POST', headers, body: here.body }];
  const [first, again, part, beyond, missing, method, nobody] = await fetchAll(page, [
    place,
    place,
    [here.audio, { headers: { ...here.authorization, Range: 'bytes=0-9', 'If-Range': '"other"' } }],
    [here.audio, { headers: { ...here.authorization, Range: 'bytes=99999999-' } }],
    [`${here.api}/calls/call_nobody`, { headers: here.authorization }],
    [`${here.api}/calls`, { method: 'DELETE', headers: here.authorization }],
    [here.call, {}],
  ]);
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.match(first.headers['x-request-id'], /^req_/);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(first.text, again.text);
  assert.equal(part.status, 200);
  assert.match(part.headers.etag, /^"/);
  assert.equal(part.headers['accept-ranges'], 'bytes');
  assert.equal(beyond.status, 416);
  assert.match(beyond.headers['content-range'], /^bytes \*\//);
  assert.equal(JSON.parse(missing.text).success, false);
  assert.deepEqual([method.status, method.headers.allow], [405, 'GET, HEAD, POST']);
  assert.deepEqual([nobody.status, nobody.headers['www-authenticate']], [401, 'Bearer']);

  // The browser has asked before, and none of that is in the journal.
  const methods = (await here.requests()).map(({ method }) => method);
  assert.ok(methods.length === 6 && !methods.includes('OPTIONS'), methods.join());
});

test('a page reads when to come again', async (t) => {
  const { page, here } = await opened(t, '--cors-origin', '*', '--rate-limit', '1');
  const get = [here.call, { headers: here.authorization }];
  const [first, limited] = await fetchAll(page, [get, get]);
  assert.deepEqual([first.status, limited.status, limited.headers['retry-after']], [200, 429, '60']);
  await here.control('POST', '/clock/advance', { by: '60s' });
  const [later] = await fetchAll(page, [get]);
  assert.equal(later.status, 200);
});

test('the browser refuses the page by default, and where other origins are allowed', async (t) => {
  for (const options of [[], ['--cors-origin', 'http://localhost:1']]) {
    const { page, here } = await opened(t, ...options);
    const seen = await fetchAll(page, [
      [here.call, { headers: here.authorization }],
      [`${here.api}/calls`, { method: 'POST', headers: here.json, body: here.body }],
      [here.call, {}],
    ]);
    assert.deepEqual(seen, Array(3).fill({ error: 'TypeError' }), options.join(' '));
    const calls = await fetch(`${here.api}/calls`, { headers: here.authorization });
    assert.equal((await calls.json()).pagination.total, 201, 'nothing was placed');
  }
});

test('a page of an allowed origin may not use the control API for all that', async (t) => {
  const { page, here } = await opened(t, '--cors-origin', origin);
  const reset = [`${new URL(here.api).origin}/__admin/reset`, { method: 'POST' }];
  assert.deepEqual(await fetchAll(page, [reset]), [{ error: 'TypeError' }]);
});
