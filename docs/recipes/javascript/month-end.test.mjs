// Verify that my app puts off calls when the month's minutes are used up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './akol.mjs';

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550100', fromPhoneNumberId: 'pn_xxx' };

/** The app: places calls, and puts off those that Akol has no minutes for. It is told the time. */
class Dialler {
  putOff = [];

  constructor(akol) {
    this.akol = akol;
  }

  async place(call, now) {
    const answer = await this.akol('POST', '/calls', call);
    if (answer.status === 429 && answer.headers.has('Retry-After')) {
      const due = new Date(now.getTime() + Number(answer.headers.get('Retry-After')) * 1000);
      this.putOff.push({ due, call });
    } else if (!answer.ok) {
      throw new Error(`Akol answered ${answer.status}`);
    }
  }

  async everyMinute(now) {
    const ready = this.putOff.filter(({ due }) => due <= now);
    this.putOff = this.putOff.filter(({ due }) => due > now);
    for (const { call } of ready) await this.place(call, now);
  }
}

test('calls that the month has no minutes for are placed as the next begins', async (t) => {
  const { akol, advance, control, now, placements } = world(t);
  await control('PATCH', '/settings', { minuteLimit: 1 });
  await control('PUT', '/clock', { now: '2026-05-31T23:50:00Z' });
  const dialler = new Dialler(akol);
  await dialler.place(CALL, await now());
  // The call is over, and its minutes count.
  await advance(300);
  await dialler.place(CALL, await now());
  for (let minute = 0; minute < 10; minute++) {
    await advance(60);
    await dialler.everyMinute(await now());
  }
  // It was refused once, and did not ask again before there was any use in it.
  assert.deepEqual((await placements()).map(({ at, answer }) => [at, answer.status]), [
    ['2026-05-31T23:50:00.000Z', 201],
    ['2026-05-31T23:55:00.000Z', 429],
    ['2026-06-01T00:00:00.000Z', 201],
  ]);
});
