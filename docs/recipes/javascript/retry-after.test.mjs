// Verify that my app honours Retry-After.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './akol.mjs';

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550100', fromPhoneNumberId: 'pn_xxx' };

/** The app: places a call; where it is told to come again later, it comes then. */
async function placeCall(akol, call, sleep) {
  let answer = await akol('POST', '/calls', call);
  while (answer.status === 429 && answer.headers.has('Retry-After')) {
    await sleep(Number(answer.headers.get('Retry-After')));
    answer = await akol('POST', '/calls', call);
  }
  if (!answer.ok) throw new Error(`Akol answered ${answer.status}`);
  return (await answer.json()).data;
}

/** Gives the journal: what was asked, when, and how it was answered. */
async function placeThreeWhereAMinuteAllowsTwo({ akol, advance, control, placements }, sleep) {
  await control('PATCH', '/settings', { rateLimit: 2 });
  for (let call = 0; call < 3; call++) {
    await placeCall(akol, CALL, sleep);
    await advance(5);
  }
  return placements();
}

test('the app comes again when it is told to', async (t) => {
  const w = world(t);
  const journal = await placeThreeWhereAMinuteAllowsTwo(w, w.advance);
  assert.deepEqual(journal.map((entry) => entry.answer.status), [201, 201, 429, 201]);
  const [refused, accepted] = journal.slice(2);
  // The third call came in the tenth second of its minute.
  assert.equal(refused.answer.headers['retry-after'], '50');
  assert.equal(new Date(accepted.at) - new Date(refused.at), 50_000);
});

test('an app that waits as it likes is caught', async (t) => {
  const w = world(t);
  const journal = await placeThreeWhereAMinuteAllowsTwo(w, () => w.advance(1));
  assert.equal(journal.filter((entry) => entry.answer.status === 429).length, 50);
});
