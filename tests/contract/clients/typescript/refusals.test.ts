// Refusals, through the types that the client has for them: `error` is that of the operation's documented statuses.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';

import { type Schemas, client, done, world } from './world.js';

const VALID: Schemas['PlaceCall'] = { campaignId: 'cmp_xxx', toNumber: '+15005550105', fromPhoneNumberId: 'pn_xxx' };

type Refusal = Schemas['ErrorAnswer'] | Schemas['ValidationErrorAnswer'];

/** What a refusal says, and what it says of fields. */
function refused(answer: { error?: Refusal; response: Response }, status: number): [string, Schemas['FieldError'][]] {
  assert.equal(answer.response.status, status);
  assert.equal(answer.error?.success, false);
  return [answer.error.error, 'errors' in answer.error ? answer.error.errors : []];
}

test('a token that was revoked is 401', async () => {
  const answer = await client('revoked').GET('/calls');
  assert.deepEqual(refused(answer, 401), ['Token has been revoked', []]);
  assert.equal(answer.response.headers.get('WWW-Authenticate'), 'Bearer');
  refused(await client('forbidden').GET('/calls'), 403);
});

test('what is not there is 404', async (t) => {
  const { akol } = world(t);
  const nobody = { params: { path: { callId: 'call_nobody' } } };
  assert.match(refused(await akol.GET('/calls/{callId}', nobody), 404)[0], /call_nobody/);
  assert.match(refused(await akol.GET('/calls/{callId}/audio', nobody), 404)[0], /call_nobody/);
  assert.match(refused(await akol.POST('/calls', { body: { ...VALID, campaignId: 'cmp_nobody' } }), 404)[0], /cmp_nobody/);
});

test('a call that is over is 409', async (t) => {
  const answer = await world(t).akol.POST('/calls/{callId}/end', { params: { path: { callId: 'call_xxx' } } });
  assert.match(refused(answer, 409)[0], /call_xxx/);
});

test('a 422 names every field that is wrong', async (t) => {
  const { akol } = world(t);
  const [all, fields] = refused(await akol.POST('/calls', { body: { ...VALID, campaignId: '', toNumber: '5551234567' } }), 422);
  assert.deepEqual(fields.map(({ field }) => field), ['campaignId', 'toNumber']);
  for (const { message } of fields) assert.ok(all.includes(message));

  const [, ofFilters] = refused(await akol.GET('/calls', { params: { query: { limit: 101, startDate: '2026-13-01' } } }), 422);
  assert.deepEqual(ofFilters.map(({ field }) => field).sort(), ['limit', 'startDate']);

  const params = { header: { 'Idempotency-Key': randomUUID() } };
  done(await akol.POST('/calls', { params, body: VALID }));
  const [, ofKey] = refused(await akol.POST('/calls', { params, body: { ...VALID, toNumber: '+15005550104' } }), 422);
  assert.deepEqual(ofKey.map(({ field }) => field), ['Idempotency-Key']);
});

test('too many requests are 429 until the time that it names', async (t) => {
  const here = world(t);
  await here.control('PATCH', '/settings', { rateLimit: 2 });
  done(await here.akol.GET('/calls'));
  await here.advance('20s');
  done(await here.akol.GET('/calls'));
  const answer = await here.akol.GET('/calls');
  refused(answer, 429);
  assert.equal(answer.response.headers.get('Retry-After'), '40');
  await here.advance('39s');
  refused(await here.akol.GET('/calls'), 429);
  await here.advance('1s');
  done(await here.akol.GET('/calls'));
});

test('a paused campaign is 429 and says no time', async (t) => {
  const here = world(t);
  await here.control('PATCH', '/campaigns/cmp_xxx', { status: 'PAUSED' });
  const answer = await here.akol.POST('/calls', { body: VALID });
  assert.match(refused(answer, 429)[0], /cmp_xxx is paused/);
  assert.equal(answer.response.headers.get('Retry-After'), null);
});
