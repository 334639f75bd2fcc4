// A call's whole life through openapi-fetch, with the types that openapi-typescript generates.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';

import { type Call, type CallEvent, type Schemas, type World, done, receive, world } from './world.js';

const TRANSFERRED: Schemas['PlaceCall'] = { campaignId: 'cmp_xxx', toNumber: '+15005550101', fromPhoneNumberId: 'pn_xxx' };

async function current({ akol }: World, callId: string): Promise<Call> {
  return done(await akol.GET('/calls/{callId}', { params: { path: { callId } } })).data;
}

test('a call is placed, talks, is transferred and can be heard', async (t) => {
  const here = world(t);
  const events: CallEvent['event'][] = [
    'call.started',
    'call.transferred',
    'call.ended',
    'call.completed',
    'transcript.ready',
    'summary.ready',
  ];
  const bodies = await receive(t, here, events);

  const place = { body: TRANSFERRED, params: { header: { 'Idempotency-Key': randomUUID() } } };
  const placed = await here.akol.POST('/calls', place);
  const { data: call, success } = done(placed);
  assert.equal(success satisfies true, true);
  assert.deepEqual([call.status, call.outcome, call.startedAt, call.transcript], ['RINGING', null, null, []]);

  const again = await here.akol.POST('/calls', place);
  assert.deepEqual(done(again).data, call);
  assert.equal(placed.response.headers.get('Idempotent-Replayed'), null);
  assert.equal(again.response.headers.get('Idempotent-Replayed'), 'true');

  // Polling, as a program does that has no webhooks; a second goes by between two looks.
  const seen = [call];
  let ended = call;
  while (ended.status === 'RINGING' || ended.status === 'IN_PROGRESS') {
    await here.advance('1s');
    ended = await current(here, call.id);
    seen.push(ended);
  }
  assert.deepEqual([...new Set(seen.map((look) => look.status))], ['RINGING', 'IN_PROGRESS', 'COMPLETED']);
  const lines = seen.map((look) => look.transcript.length);
  assert.deepEqual(lines, lines.toSorted((a, b) => a - b), 'the transcript grows');
  const { outcome, durationSeconds, startedAt, endedAt, summary, sentiment, tags } = ended;
  assert.equal(outcome, 'transferred');
  assert.ok(durationSeconds !== null && startedAt !== null && endedAt !== null && startedAt < endedAt);
  assert.ok(summary && sentiment && tags.length > 0);

  const told = bodies.map((body) => JSON.parse(body.toString()) as CallEvent);
  assert.deepEqual(told.map((event) => event.event), events);
  const end = told.find((event): event is Schemas['EndedCallEvent'] => event.event === 'call.ended');
  assert.deepEqual([told[0]?.data.callId, told[0]?.data.startedAt], [call.id, startedAt]);
  assert.deepEqual([end?.data.callId, end?.data.duration, end?.data.outcome], [call.id, durationSeconds, outcome]);
  assert.deepEqual(end?.data.transcript, ended.transcript);

  const ofCall = { path: { callId: call.id } };
  const transcript = done(await here.akol.GET('/calls/{callId}/transcript', { params: ofCall })).data;
  assert.deepEqual(transcript, ended.transcript);
  assert.deepEqual([transcript[0]?.speaker, transcript[0]?.timestamp], ['agent', 0]);

  const whole = await here.akol.GET('/calls/{callId}/audio', { params: ofCall, parseAs: 'arrayBuffer' });
  const sound = Buffer.from(done(whole));
  assert.equal(whole.response.headers.get('Content-Type'), 'audio/wav');
  assert.deepEqual([sound.toString('latin1', 0, 4), sound.toString('latin1', 8, 16)], ['RIFF', 'WAVEfmt ']);
  assert.equal(sound.readUInt32LE(4), sound.length - 8);
  // 8000 samples of two bytes a second.
  assert.equal(sound.readUInt32LE(40), durationSeconds * 16_000);
  assert.ok(sound.some((byte) => byte > 127), 'this is sound, not text');

  const part = await here.akol.GET('/calls/{callId}/audio', {
    params: { ...ofCall, header: { Range: 'bytes=44-1043', 'If-Range': whole.response.headers.get('ETag') ?? '' } },
    parseAs: 'arrayBuffer',
  });
  assert.deepEqual(Buffer.from(done(part)), sound.subarray(44, 1044));
  assert.equal(part.response.status, 206);
  assert.equal(part.response.headers.get('Content-Range'), `bytes 44-1043/${sound.length}`);
});

test('a call goes on until it is ended', async (t) => {
  const here = world(t);
  const placed = await here.akol.POST('/calls', { body: TRANSFERRED, params: { header: { 'X-Akol-Scenario': 'endless' } } });
  const { id } = done(placed).data;
  await here.advance('90s');
  assert.equal((await current(here, id)).status, 'IN_PROGRESS');

  const ended = done(await here.akol.POST('/calls/{callId}/end', { params: { path: { callId: id } } })).data;
  assert.deepEqual([ended.status, ended.outcome], ['COMPLETED', 'hung_up']);
  assert.deepEqual(await current(here, id), ended);
});
