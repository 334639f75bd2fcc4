// The README's programs in JavaScript do what it says of them, run as they stand there; and bodies are what it says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BUSY, changedAt, emulator, EVENTS, receiver, start, told, TRANSFERRED } from './emulator.mjs';
import { blockAfter, save, TEXT } from './readme.mjs';

const OTHER = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What might stand in the place of a signature. */
function forged(signature) {
  const digit = signature.endsWith('0') ? '1' : '0';
  const cut = signature.slice(0, -1);
  const wrong = ['', 'x', 'whsec_', '\u00e9'.repeat(64), 'zz'.repeat(32), cut, `${signature}00`, `${cut}${digit}`];
  return [...wrong, `${signature}zz`, `${signature}, ${signature}`, `sha256=${signature}`];
}

/** A genuine delivery, and the secret. */
async function genuine(t, ...options) {
  const there = await receiver(t);
  const server = await emulator(t, '--webhook-url', there.url, ...options);
  await server.place(BUSY);
  await server.advance('1m');
  const [{ headers, body }] = there.deliveries;
  return { headers, body, signature: headers['x-webhook-signature'], secret: await server.secret() };
}

const shown = async (t, name) => import(pathToFileURL(await save(t, name)));

/** The README's receiver, started as it says; `line` waits for the next line that it prints. */
async function program(t, secret) {
  const file = await save(t, 'verify.mjs', 'receiver.mjs');
  const line = start(t, process.execPath, [file], { WEBHOOK_SECRET: secret, PORT: '0' });
  const firstLine = await line();
  return { firstLine, line, origin: firstLine.split(' ').at(-1) };
}

/** The status of the answer to a delivery. `fetch` would not send every header that a stranger can. */
async function deliver(origin, body, headers) {
  const sent = request(`${origin}/hooks`, { method: 'POST', headers, agent: false }).end(body);
  const [answer] = await once(sent, 'response');
  await buffer(answer);
  return answer.statusCode;
}

test('its verify takes what is genuine and nothing else', async (t) => {
  const { verify } = await shown(t, 'verify.mjs');
  const { body, signature, secret } = await genuine(t);
  assert.equal(verify(body, signature, secret), true);
  assert.equal(verify(body, signature, OTHER), false);
  for (const other of [undefined, ...forged(signature)]) assert.equal(verify(body, other, secret), false, other);
  for (const place of body.keys()) assert.equal(verify(changedAt(body, place), signature, secret), false, place);
});

for (const which of ['akol', 'standard', 'both']) {
  test(`its verify takes all events, with the signature ${which}`, async (t) => {
    const { verify } = await shown(t, 'verify.mjs');
    const there = await receiver(t);
    const options = ['--webhook-signature', which, '--webhook-events', '*', '--webhook-url', there.url];
    const server = await emulator(t, ...options);
    await server.tellEverything();
    const secret = await server.secret();
    assert.equal(new Set(there.deliveries.map((one) => told(one).event)).size, 9);
    for (const { headers, body } of there.deliveries) {
      assert.equal(verify(body, headers['x-webhook-signature'], secret), true);
      assert.equal('webhook-signature' in headers, which !== 'akol');
    }
  });
}

test('its verify takes a secret that is no base64', async (t) => {
  const { verify } = await shown(t, 'verify.mjs');
  const { body, signature } = await genuine(t, '--webhook-secret', 'not-a-standard-one');
  assert.equal(verify(body, signature, 'not-a-standard-one'), true);
});

test('its way by the library gives the event or null', async (t) => {
  const { eventOf } = await shown(t, 'standard.mjs');
  const { body, headers, secret } = await genuine(t, '--webhook-signature', 'standard');
  assert.deepEqual(eventOf(body, headers, secret), JSON.parse(body));
  assert.equal(eventOf(body, headers, OTHER), null);
  assert.equal(eventOf(changedAt(body, 10), headers, secret), null);
  assert.equal(eventOf(body, {}, secret), null);
  assert.equal(eventOf(body, { ...headers, 'webhook-id': 'msg_0' }, secret), null);
  assert.equal(eventOf(body, { ...headers, 'webhook-timestamp': 'yesterday' }, secret), null);
  for (const signature of ['v1', 'v1,', 'v1,?', 'v1,Zg', 'v2,Zg==', '\u00e9', 'v1,\u00e9']) {
    assert.equal(eventOf(body, { ...headers, 'webhook-signature': signature }, secret), null, signature);
  }
});

test('its receiver prints what it says of the calls of the tour', async (t) => {
  // The secret that the README's command gives it, which is the tour's.
  const [, secret] = TEXT.match(/WEBHOOK_SECRET=(\S+) node receiver.mjs/);
  const { firstLine, line, origin } = await program(t, secret);
  const options = ['--calls', '200', '--start-time', '2026-04-20T15:00:00Z', '--webhook-url', `${origin}/hooks`];
  const server = await emulator(t, ...options);
  // That long after its start the tour's own server got the request, on a clock that ran.
  await server.advance('64ms');
  await server.place(TRANSFERRED);
  await server.advance('2m');
  const [first, ...rest] = blockAfter('the call of the tour tells this', 'text').trimEnd().split('\n');
  assert.equal(firstLine, first.replace('http://127.0.0.1:8080', origin));
  for (const expected of rest) assert.equal(await line(), expected);
});

test('its receiver refuses with 401 and goes on', async (t) => {
  const { body, signature, secret } = await genuine(t);
  const { line, origin } = await program(t, secret);
  const forgeries = [[changedAt(body, 10), signature], [body], ...forged(signature).map((other) => [body, other])];
  for (const [sent, given] of forgeries) {
    const headers = given === undefined ? {} : { 'X-Webhook-Signature': given };
    assert.equal(await deliver(origin, sent, headers), 401, given);
    assert.equal(await line(), 'refused: the signature is wrong');
  }
  assert.equal(await deliver(origin, body, { 'X-Webhook-Signature': signature }), 204);
  const { timestamp, data } = JSON.parse(body);
  assert.equal(await line(), `${timestamp} call.ended ${data.callId} busy`);
});

test('its receiver refuses what is signed with another secret', async (t) => {
  const { line, origin } = await program(t, OTHER);
  const server = await emulator(t, '--webhook-url', `${origin}/hooks`);
  await server.place(BUSY);
  await server.advance('5s');
  assert.equal(await line(), 'refused: the signature is wrong');
  const [logged] = await server.ask('GET', '/__admin/webhooks/deliveries');
  assert.equal(logged.attempts[0].status, 401);
});

test('every event has the keys that it shows, in its order', async (t) => {
  const there = await receiver(t);
  const server = await emulator(t, '--webhook-url', there.url, '--webhook-events', '*');
  await server.tellEverything();
  const example = JSON.parse(blockAfter('A body:', 'json'));
  const whole = Object.keys(example.data);
  const begun = whole.slice(0, whole.indexOf('startedAt') + 1);
  const events = there.deliveries.map(told);
  assert.deepEqual([...new Set(events.map(({ event }) => event))].sort(), EVENTS.toSorted());
  for (const event of events) {
    const isOfEnd = !['call.started', 'call.transferred', 'call.voicemail'].includes(event.event);
    assert.deepEqual(Object.keys(event), Object.keys(example));
    assert.deepEqual(Object.keys(event.data), isOfEnd ? whole : begun, event.event);
  }
});
