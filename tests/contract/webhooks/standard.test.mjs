// Deliveries pass the check of the official library of Standard Webhooks, and forged or old ones do not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { BUSY, changedAt, emulator, EVENTS, receiver, told } from './emulator.mjs';

const STANDARD = ['--webhook-signature', 'standard', '--webhook-events', '*'];
// The shortest and the longest that the specification allows, the second with everything that base64 has: + / and =.
const LONGEST = Buffer.from(Array.from({ length: 64 }, (_, byte) => 192 + byte));
const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${LONGEST.toString('base64')}`];

const sorted = (names) => [...new Set(names)].sort();
const ALL = sorted(EVENTS);

/** A genuine delivery, and what it is to be checked with. */
async function oneDelivery(t, ...options) {
  const there = await receiver(t);
  const server = await emulator(t, ...STANDARD, '--webhook-url', there.url, ...options);
  await server.place(BUSY);
  await server.advance('1m');
  return { ...there.deliveries[0], secret: await server.secret() };
}

/** The same where it passes, so that a refusal is because of what the test has changed. */
async function acceptedDelivery(t) {
  const delivery = await oneDelivery(t);
  assert.deepEqual(new Webhook(delivery.secret).verify(delivery.body, delivery.headers), told(delivery));
  return delivery;
}

/** Sends a delivery again, and waits for it. */
async function again(server, there, { headers }) {
  const before = there.deliveries.length;
  await server.ask('POST', `/__admin/webhooks/deliveries/${headers['webhook-id']}/redeliver`, {});
  await there.count(before + 1);
  return there.deliveries.at(-1);
}

/** Deliveries of all nine events, with that mischief. */
async function allDeliveries(t, mischief) {
  const there = await receiver(t);
  const server = await emulator(t, ...STANDARD, '--webhook-url', there.url);
  await server.ask('PUT', '/__admin/webhooks/mischief', mischief);
  await server.tellEverything();
  assert.deepEqual(sorted(there.deliveries.map((one) => told(one).event)), ALL);
  return { server, there, deliveries: [...there.deliveries], secret: await server.secret() };
}

function assertRefused(secret, body, headers, message) {
  assert.throws(
    () => new Webhook(secret).verify(body, headers),
    (error) => error instanceof WebhookVerificationError && error.message === message,
    message,
  );
}

/** Asserts that the signature is right, whatever the time is. */
function assertWellSigned(secret, { headers, body }) {
  const at = new Date(headers['webhook-timestamp'] * 1000);
  assert.equal(headers['webhook-signature'], new Webhook(secret).sign(headers['webhook-id'], at, body));
}

for (const signature of ['standard', 'both']) {
  test(`${signature}: deliveries of all nine events pass with the secret that is printed and listed`, async (t) => {
    const there = await receiver(t);
    const options = ['--webhook-signature', signature, '--webhook-events', '*', '--webhook-url', there.url];
    const server = await emulator(t, ...options);
    await server.tellEverything();
    assert.equal(await server.secret(), server.printedSecret);
    const official = new Webhook(server.printedSecret);
    const events = there.deliveries.map(({ headers, body }) => official.verify(body, headers).event);
    assert.deepEqual(sorted(events), ALL);
  });
}

for (const [key, secret] of [
  ['shortest', SECRETS[0]],
  ['longest', SECRETS[1]],
]) {
  test(`deliveries pass with the ${key} secret, given at the start`, async (t) => {
    const { headers, body, secret: listed } = await oneDelivery(t, '--webhook-secret', secret);
    assert.equal(listed, secret);
    assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
  });

  test(`deliveries pass with the ${key} secret, given to the control API`, async (t) => {
    const there = await receiver(t);
    const server = await emulator(t, ...STANDARD);
    const made = await server.ask('POST', '/__admin/webhooks', { url: there.url, secret });
    assert.equal(made.secret, secret);
    await server.tellEverything();
    const official = new Webhook(secret);
    assert.deepEqual(sorted(there.deliveries.map(({ headers, body }) => official.verify(body, headers).event)), ALL);
  });
}

test('deliveries pass with a secret that was made for a subscription', async (t) => {
  const there = await receiver(t);
  const server = await emulator(t, ...STANDARD);
  const { secret } = await server.ask('POST', '/__admin/webhooks', { url: there.url });
  await server.place(BUSY);
  await server.advance('1m');
  const [{ headers, body }] = there.deliveries;
  assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
});

test('the key is what the secret is in base64', async (t) => {
  for (const options of [[], ...SECRETS.map((secret) => ['--webhook-secret', secret])]) {
    const { headers, body, secret } = await oneDelivery(t, ...options);
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    assert.deepEqual(new Webhook(key, { format: 'raw' }).verify(body, headers), JSON.parse(body));
  }
});

test('any changed byte of the body is refused', async (t) => {
  const { headers, body, secret } = await acceptedDelivery(t);
  for (const place of body.keys()) {
    assertRefused(secret, changedAt(body, place), headers, 'No matching signature found');
  }
});

test('another id, timestamp or secret is refused', async (t) => {
  const { headers, body, secret } = await acceptedDelivery(t);
  const otherId = { ...headers, 'webhook-id': `${headers['webhook-id']}0` };
  assertRefused(secret, body, otherId, 'No matching signature found');
  const otherTime = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) };
  assertRefused(secret, body, otherTime, 'No matching signature found');
  assertRefused(SECRETS[0], body, headers, 'No matching signature found');
});

test('a delivery without one of the headers is refused', async (t) => {
  const { headers, body, secret } = await acceptedDelivery(t);
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const { [name]: _, ...others } = headers;
    assertRefused(secret, body, others, 'Missing required headers');
  }
});

test('a start time in the past makes genuine deliveries too old', async (t) => {
  const { secret, ...delivery } = await oneDelivery(t, '--start-time', '2026-04-20T15:00:00Z');
  assertWellSigned(secret, delivery);
  assertRefused(secret, delivery.body, delivery.headers, 'Message timestamp too old');
});

test('a clock that was advanced far makes genuine deliveries too new', async (t) => {
  const there = await receiver(t);
  const server = await emulator(t, ...STANDARD, '--webhook-url', there.url);
  await server.advance('10m');
  await server.place(BUSY);
  await server.advance('1m');
  const [delivery] = there.deliveries;
  assertWellSigned(await server.secret(), delivery);
  assertRefused(await server.secret(), delivery.body, delivery.headers, 'Message timestamp too new');
});

test('the mischief badSignature makes deliveries that are refused', async (t) => {
  const { server, there, deliveries, secret } = await allDeliveries(t, { badSignature: 1 });
  for (const { headers, body } of deliveries) assertRefused(secret, body, headers, 'No matching signature found');
  // Without it, the same one passes.
  await server.ask('PUT', '/__admin/webhooks/mischief', {});
  const { headers, body } = await again(server, there, deliveries[0]);
  assert.deepEqual(new Webhook(secret).verify(body, headers), told(deliveries[0]));
});

test('the mischief staleTimestamp makes well signed deliveries that are refused', async (t) => {
  const { deliveries, secret } = await allDeliveries(t, { staleTimestamp: 1 });
  for (const delivery of deliveries) {
    assertWellSigned(secret, delivery);
    assertRefused(secret, delivery.body, delivery.headers, 'Message timestamp too old');
  }
});

test('what is sent again passes under the same id', async (t) => {
  const there = await receiver(t);
  const server = await emulator(t, ...STANDARD, '--webhook-url', there.url);
  await server.place(BUSY);
  await server.advance('1m');
  const [first] = there.deliveries;
  const second = await again(server, there, first);
  assert.deepEqual(new Webhook(await server.secret()).verify(second.body, second.headers), told(first));
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  // A minute has passed since: it is signed anew.
  assert.ok(Number(second.headers['webhook-timestamp']) > Number(first.headers['webhook-timestamp']));
});
