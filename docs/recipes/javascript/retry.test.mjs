// Verify that my app retried after a 429.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './akol.mjs';

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550100', fromPhoneNumberId: 'pn_xxx' };
const PLACEMENT = { method: 'POST', path: '/api/v1/calls' };
const BUSY_ONCE = { match: PLACEMENT, times: 1, effect: { status: 429, retryAfter: 7 } };

/** The app: places a call; where it came too fast, it waits, longer each time, and tries again. */
async function placeCall(akol, call, sleep, tries = 3) {
  let answer;
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await sleep(2 ** attempt);
    answer = await akol('POST', '/calls', call);
    if (answer.status !== 429) break;
  }
  if (!answer.ok) throw new Error(`Akol answered ${answer.status}`);
  return (await answer.json()).data;
}

test('the app tries again after a 429', async (t) => {
  const { akol, advance, control } = world(t);
  await control('POST', '/faults', BUSY_ONCE);
  const call = await placeCall(akol, CALL, advance);
  assert.equal(call.toNumber, CALL.toNumber);
  assert.deepEqual(await control('POST', '/requests/count', PLACEMENT), { count: 2 });
});

test('an app that gives up is caught', async (t) => {
  const { akol, advance, control } = world(t);
  await control('POST', '/faults', BUSY_ONCE);
  await assert.rejects(placeCall(akol, CALL, advance, 1), /429/);
  assert.deepEqual(await control('POST', '/requests/count', PLACEMENT), { count: 1 });
});
