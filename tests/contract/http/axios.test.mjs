// axios, over Node's own http module.

import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import axios from 'axios';
import { counter, pieces, space } from './space.mjs';

/** A client that keeps its one connection, and leaves every status to the test. */
function client(t, headers) {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => httpAgent.destroy());
  return axios.create({ adapter: 'http', proxy: false, headers, httpAgent, validateStatus: () => true });
}

test('axios: one connection is used again', async (t) => {
  const between = await counter(t);
  const { call, api, audio, authorization, json, body } = space(t.name, between.url);
  const http = client(t, authorization);
  const answers = [await http.get(call), await http.get(`${api}/calls/call_nobody`), await http.head(audio)];
  answers.push(await http.post(`${api}/calls`, body, { headers: json }), await http.get(call));
  assert.deepEqual(answers.map(({ status }) => status), [200, 404, 200, 201, 200]);
  assert.equal(between.connections, 1);
  assert.equal(answers.at(-1).request.reusedSocket, true);
});

test('axios: HEAD and ranges', async (t) => {
  const { audio, authorization, recording } = space(t.name);
  const http = client(t, authorization);
  const { bytes, tag } = await recording();
  assert.equal((await http.head(audio)).headers['content-length'], `${bytes.length}`);
  const get = (headers) => http.get(audio, { headers, responseType: 'arraybuffer' });
  const part = await get({ Range: 'bytes=-10' });
  assert.equal(part.status, 206);
  assert.deepEqual(part.data, bytes.subarray(-10));
  const beyond = await get({ Range: 'bytes=99999999-' });
  assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${bytes.length}`]);
  assert.equal((await get({ Range: 'bytes=0-9', 'If-Range': tag })).status, 206);
  assert.equal((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status, 200);
});

test('axios: a body in chunks', async (t) => {
  const { api, authorization, json, body, requests } = space(t.name);
  const placed = await client(t, authorization).post(`${api}/calls`, Readable.from(pieces(body)), { headers: json });
  assert.equal(placed.status, 201);
  const [{ headers }] = await requests();
  assert.equal(headers['transfer-encoding'], 'chunked');
});

test('axios: who takes compressed answers, as it always does, gets right ones', async (t) => {
  const { call, authorization, requests } = space(t.name);
  const answer = await client(t, authorization).get(call);
  assert.equal(answer.headers['content-encoding'], undefined);
  assert.equal(answer.data.data.id, 'call_xxx');
  const [request] = await requests();
  assert.match(request.headers['accept-encoding'], /gzip/);
});

test('axios: refusals carry what a client goes by', async (t) => {
  const here = space(t.name);
  const http = client(t, here.authorization);
  await here.control('PATCH', '/settings', { rateLimit: 1 });
  assert.equal((await http.get(here.call)).status, 200);
  const limited = await http.get(here.call);
  assert.deepEqual([limited.status, limited.headers['retry-after'], limited.data.success], [429, '60', false]);
  await here.control('POST', '/clock/advance', { by: '60s' });
  assert.equal((await http.get(here.call)).status, 200);
});
