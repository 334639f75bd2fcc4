// Verify that my app survives a connection that is dropped after the call was placed.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { world } from './akol.mjs';

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550100', fromPhoneNumberId: 'pn_xxx' };
const PLACEMENT = { method: 'POST', path: '/api/v1/calls' };
// Akol carries the request out, and the answer is lost.
const DROP_ONCE = { match: PLACEMENT, times: 1, effect: { fault: 'CONNECTION_RESET_BY_PEER' } };

/** The app: places a call. All tries have one key, so that Akol takes them for one request. */
async function placeCall(akol, call, sleep, tries = 3) {
  const key = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await akol('POST', '/calls', call, { 'Idempotency-Key': key });
      if (!answer.ok) throw new Error(`Akol answered ${answer.status}`);
      return (await answer.json()).data;
    } catch (error) {
      // What fetch throws where there is no answer.
      if (!(error instanceof TypeError) || attempt === tries) throw error;
      await sleep(1);
    }
  }
}

async function calls(akol) {
  return (await (await akol('GET', '/calls?direction=outbound')).json()).data;
}

test('the app places one call though it asks twice', async (t) => {
  const { akol, advance, control, placements } = world(t);
  await control('POST', '/faults', DROP_ONCE);
  const call = await placeCall(akol, CALL, advance);
  assert.equal((await placements()).length, 2);
  assert.deepEqual((await calls(akol)).map(({ id }) => id), [call.id]);
});

test('an app that sends no key is caught', async (t) => {
  const { akol, control } = world(t);
  await control('POST', '/faults', DROP_ONCE);
  await assert.rejects(akol('POST', '/calls', CALL), TypeError);
  await akol('POST', '/calls', CALL);
  assert.equal((await calls(akol)).length, 2);
});
