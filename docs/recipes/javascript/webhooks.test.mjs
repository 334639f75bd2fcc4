// Verify that my app handles webhooks that come twice or out of order.

import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { test } from 'node:test';
import { serve, world } from './akol.mjs';

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550101', fromPhoneNumberId: 'pn_xxx' };
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** The app: what it knows of calls from their webhooks. */
class Calls {
  received = new Set();
  latest = new Map();
  seconds = 0;

  /** Takes in one delivery, and gives the status to answer it with. */
  receive(signature, body) {
    const expected = Buffer.from(createHmac('sha256', SECRET).update(body).digest('hex'));
    const given = Buffer.from(signature ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 401;
    const event = JSON.parse(body);
    const key = `${event.data.callId} ${event.event}`;
    if (!this.received.has(key)) {
      this.received.add(key);
      this.takeIn(event);
    }
    return 200;
  }

  takeIn({ event, timestamp, data }) {
    // What happened before may arrive after: the latest is what happened last.
    const known = this.latest.get(data.callId);
    if (!known || timestamp >= known.timestamp) this.latest.set(data.callId, { timestamp, event });
    this.seconds += data.duration ?? 0;
  }
}

/** An app that takes everything in as it comes. */
class TrustingCalls extends Calls {
  receive(_, body) {
    const { event, timestamp, data } = JSON.parse(body);
    this.latest.set(data.callId, { timestamp, event });
    this.seconds += data.duration ?? 0;
    return 200;
  }
}

async function misbehave(t, { control }, calls, mischief) {
  const url = await serve(t, (signature, body) => calls.receive(signature, body));
  await control('POST', '/webhooks', { url, secret: SECRET });
  await control('PUT', '/webhooks/mischief', mischief);
}

/** Whether the app knows of a call what Akol does, after deliveries that misbehave. */
async function knowsTheTruth(t, calls, mischief) {
  const w = world(t);
  await misbehave(t, w, calls, mischief);
  const placed = await (await w.akol('POST', '/calls', CALL)).json();
  // Resolves when the call is over and every delivery has been answered.
  await w.advance(600);
  const { data: call } = await (await w.akol('GET', `/calls/${placed.data.id}`)).json();
  const { timestamp, event } = calls.latest.get(call.id);
  return event === 'call.ended' && timestamp === call.endedAt && calls.seconds === call.durationSeconds;
}

for (const mischief of [{ duplicate: 1 }, { reorder: 1 }, { duplicate: 1, reorder: 1 }]) {
  const kind = Object.keys(mischief).join(' and ');

  test(`the app knows the truth in spite of ${kind}`, async (t) => {
    assert.ok(await knowsTheTruth(t, new Calls(), mischief));
  });

  test(`an app that trusts the network is caught by ${kind}`, async (t) => {
    assert.ok(!(await knowsTheTruth(t, new TrustingCalls(), mischief)));
  });
}

test('the app believes nothing that is not signed', async (t) => {
  const [w, calls] = [world(t), new Calls()];
  await misbehave(t, w, calls, { badSignature: 1 });
  await w.akol('POST', '/calls', CALL);
  await w.advance(600);
  assert.equal(calls.latest.size, 0);
  assert.equal(calls.receive(undefined, Buffer.from('{}')), 401);
});
