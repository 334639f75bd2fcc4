// undici, which can pipeline: send requests before the answers to those before have come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'undici';
import { counter, pieces, space } from './space.mjs';

function client(t, url, options) {
  const client = new Client(url, options);
  t.after(() => client.destroy());
  return client;
}

test('undici: requests that do not wait for answers get their own, in order and over one connection', async (t) => {
  const between = await counter(t);
  const here = space(t.name, between.url);
  const undici = client(t, between.url, { pipelining: 20 });
  const done = [];
  const ask = async (number, path, status) => {
    const answer = await undici.request({ method: 'GET', path, headers: here.authorization });
    assert.equal(answer.statusCode, status, path);
    done.push(number);
    return answer.body.json();
  };
  const asked = [];
  for (let number = 0; number < 40; number += 2) {
    asked.push(ask(number, '/api/v1/calls/call_xxx', 200));
    asked.push(ask(number + 1, `/api/v1/calls/call_nobody${number}`, 404));
  }
  for (const [number, answer] of (await Promise.all(asked)).entries()) {
    if (number % 2) assert.match(answer.error, new RegExp(`call_nobody${number - 1}"`));
    else assert.equal(answer.data.id, 'call_xxx');
  }
  assert.deepEqual(done, [...Array(40).keys()]);
  assert.equal(between.connections, 1);
  const told = await here.requests();
  assert.equal(told.length, 40);
});

test('undici: an answer that is held back holds back those behind it, and none is lost', async (t) => {
  const here = space(t.name);
  const undici = client(t, new URL(here.api).origin, { pipelining: 3 });
  await here.control('POST', '/faults', { match: { path: '/api/v1/calls' }, effect: { latency: '50ms' } });
  const order = [];
  const ask = async (path) => {
    const answer = await undici.request({ method: 'GET', path, headers: here.authorization });
    order.push(path);
    await answer.body.dump();
    return answer.statusCode;
  };
  const paths = ['/api/v1/calls', '/api/v1/calls/call_xxx', '/api/v1/calls/call_nobody'];
  assert.deepEqual(await Promise.all(paths.map(ask)), [200, 200, 404]);
  assert.deepEqual(order, paths);
});

test('undici: a connection that breaks in the middle of pipelined requests', async (t) => {
  const here = space(t.name);
  const undici = client(t, new URL(here.api).origin, { pipelining: 10 });
  const rule = { match: { path: '/api/v1/calls/call_nobody' }, times: 1, effect: { fault: 'EMPTY_RESPONSE' } };
  await here.control('POST', '/faults', rule);
  const get = async (path) => {
    const answer = await undici.request({ method: 'GET', path, headers: here.authorization });
    await answer.body.dump();
    return answer.statusCode;
  };
  const call = '/api/v1/calls/call_xxx';
  // undici pipelines only once it knows that the server keeps connections.
  assert.equal(await get(call), 200);
  const told = await Promise.allSettled([get(call), get('/api/v1/calls/call_nobody'), get(call)]);
  assert.deepEqual([told[0].value, told[1].status], [200, 'rejected']);
  assert.equal(await get(call), 200, 'and it goes on over another connection');
});

test('undici: ranges, HEAD, and a body in chunks', async (t) => {
  const here = space(t.name);
  const undici = client(t, new URL(here.api).origin);
  const path = '/api/v1/calls/call_xxx/audio';
  const { bytes, tag } = await here.recording();
  for (const [method, headers, status, length] of [
    ['GET', { range: 'bytes=0-9' }, 206, 10],
    ['GET', { range: 'bytes=0-9', 'if-range': tag }, 206, 10],
    ['GET', { range: 'bytes=0-9', 'if-range': '"other"' }, 200, bytes.length],
    ['HEAD', { range: 'bytes=0-9' }, 200, 0],
    ['GET', { 'if-none-match': tag }, 304, 0],
  ]) {
    const answer = await undici.request({ method, path, headers: { ...here.authorization, ...headers } });
    assert.equal(answer.statusCode, status, JSON.stringify(headers));
    assert.equal((await answer.body.arrayBuffer()).byteLength, length, `${method} ${JSON.stringify(headers)}`);
  }
  const beyond = await undici.request({ method: 'GET', path, headers: { ...here.authorization, range: 'bytes=99999999-' } });
  assert.deepEqual([beyond.statusCode, beyond.headers['content-range']], [416, `bytes */${bytes.length}`]);
  await beyond.body.dump();
  const body = pieces(here.body);
  const placed = await undici.request({ method: 'POST', path: '/api/v1/calls', headers: here.json, body });
  assert.equal(placed.statusCode, 201);
  await placed.body.dump();
  assert.equal((await here.requests()).find(({ method }) => method === 'POST').headers['transfer-encoding'], 'chunked');
});
