// Node's own fetch.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { counter, pieces, space } from './space.mjs';

test('fetch: connections are used again', async (t) => {
  const between = await counter(t);
  const { call, api, authorization, json, body } = space(t.name, between.url);
  const statuses = [];
  for (let round = 0; round < 5; round += 1) {
    // No HEAD: after one, undici, which fetch is made of, ends the connection (its issue 258).
    for (const [method, url, more] of [
      ['GET', call, {}],
      ['GET', `${api}/calls/call_nobody`, {}],
      ['POST', `${api}/calls`, { headers: json, body }],
      ['PUT', `${api}/calls`, { body: 'x'.repeat(100_000) }],
    ]) {
      const answer = await fetch(url, { method, headers: authorization, ...more });
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  }
  assert.deepEqual(statuses, Array(5).fill([200, 404, 201, 405]).flat());
  // Who asks again at the end of an answer is sooner than fetch, which takes that connection back a moment later: so it has two.
  assert.ok(between.connections <= 2, `${between.connections} connections for twenty requests`);
});

test('fetch: HEAD', async (t) => {
  const { audio, authorization: headers, recording } = space(t.name);
  const head = await fetch(audio, { method: 'HEAD', headers });
  const { bytes, tag } = await recording();
  assert.equal(head.status, 200);
  assert.deepEqual([head.headers.get('Content-Length'), head.headers.get('ETag')], [`${bytes.length}`, tag]);
  assert.equal((await head.arrayBuffer()).byteLength, 0);
});

test('fetch: ranges', async (t) => {
  const { audio, authorization, recording } = space(t.name);
  const { bytes, tag } = await recording();
  const get = (headers) => fetch(audio, { headers: { ...authorization, ...headers } });
  const part = await get({ Range: 'bytes=10-19' });
  assert.equal(part.status, 206);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20));
  const beyond = await get({ Range: `bytes=${bytes.length}-` });
  assert.deepEqual([beyond.status, beyond.headers.get('Content-Range')], [416, `bytes */${bytes.length}`]);
  assert.equal((await beyond.json()).success, false);
  assert.equal((await get({ Range: 'bytes=0-9', 'If-Range': tag })).status, 206);
  assert.equal((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status, 200);
  assert.equal((await get({ 'If-None-Match': tag })).status, 304);
});

test('fetch: a body in chunks', async (t) => {
  const { api, json, body, requests } = space(t.name);
  const answer = await fetch(`${api}/calls`, { method: 'POST', headers: json, body: pieces(body), duplex: 'half' });
  assert.equal(answer.status, 201);
  const [{ headers }] = await requests();
  assert.equal(headers['transfer-encoding'], 'chunked');
});

test('fetch: who takes compressed answers, as it always does, gets right ones', async (t) => {
  const { call, authorization: headers, requests } = space(t.name);
  const answer = await fetch(call, { headers });
  assert.equal(answer.headers.get('Content-Encoding'), null);
  assert.equal((await answer.json()).data.id, 'call_xxx');
  const [request] = await requests();
  assert.match(request.headers['accept-encoding'], /gzip/);
});

test('fetch: a call that is placed twice is placed once', async (t) => {
  const { api, json, body } = space(t.name);
  const headers = { ...json, 'Idempotency-Key': randomUUID() };
  const first = await fetch(`${api}/calls`, { method: 'POST', headers, body });
  const second = await fetch(`${api}/calls`, { method: 'POST', headers, body });
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.equal(await first.text(), await second.text());
  assert.equal(second.headers.get('Idempotent-Replayed'), 'true');
});

for (const fault of ['EMPTY_RESPONSE', 'MALFORMED_RESPONSE_CHUNK', 'RANDOM_DATA_THEN_CLOSE', 'CONNECTION_RESET_BY_PEER']) {
  test(`fetch: ${fault} is an error, and the next request is none`, async (t) => {
    const here = space(t.name);
    const get = async () => (await fetch(here.call, { headers: here.authorization })).json();
    await here.fault(fault);
    await assert.rejects(get(), TypeError);
    assert.equal((await get()).data.id, 'call_xxx');
  });
}
