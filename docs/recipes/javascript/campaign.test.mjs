// Run a nightly campaign of a thousand calls in a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './akol.mjs';

const NUMBERS = Array.from({ length: 1000 }, (_, number) => `+1555200${String(number).padStart(4, '0')}`);

/** The app: calls everybody. */
async function runCampaign(akol, numbers) {
  for (const toNumber of numbers) {
    const answer = await akol('POST', '/calls', { campaignId: 'cmp_xxx', toNumber, fromPhoneNumberId: 'pn_xxx' });
    if (!answer.ok) throw new Error(`Akol answered ${answer.status}`);
  }
}

/** The app: how many calls came to which outcome, page by page. */
async function report(akol) {
  const outcomes = [];
  for (let page = 1, hasNext = true; hasNext; page++) {
    const answer = await (await akol('GET', `/calls?direction=outbound&limit=100&page=${page}`)).json();
    outcomes.push(...answer.data.map((call) => call.outcome));
    hasNext = answer.pagination.hasNext;
  }
  return tally(outcomes);
}

function tally(outcomes) {
  const counts = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

test('the morning report has every call of the night', async (t) => {
  const { akol, advance, control } = world(t);
  // A night on which many are out.
  await control('PATCH', '/settings', { scenarioWeights: { voicemail: 60, no_answer: 30 } });
  await runCampaign(akol, NUMBERS);
  const night = await advance(3600);
  const ended = night.events.filter((event) => event.step === 'ended');
  assert.equal(ended.length, NUMBERS.length);
  assert.deepEqual(await report(akol), tally(ended.map((event) => event.outcome)));
});
