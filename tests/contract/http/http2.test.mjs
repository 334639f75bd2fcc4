// Node's http2 module, which begins with HTTP/2 where the URL is http://.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { BASE, pieces, space } from './space.mjs';

/** One connection. */
async function connection(t) {
  const session = connect(BASE);
  t.after(() => session.destroy());
  // What ends it is seen by the requests on it.
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

const CALL = '/api/v1/calls/call_xxx';

/** Sends a request, and reads the whole answer. */
async function ask(session, here, method, path, headers = {}, body) {
  const more = body ? { 'content-type': 'application/json' } : {};
  const stream = session.request({
    ':method': method,
    ':path': path,
    authorization: here.authorization.Authorization,
    ...more,
    ...headers,
  });
  const answered = once(stream, 'response');
  if (body?.[Symbol.asyncIterator]) for await (const piece of body) stream.write(piece);
  else if (body) stream.write(body);
  stream.end();
  const [head] = await answered;
  return { status: head[':status'], head, body: await buffer(stream) };
}

test('http2: one connection for all, and many requests at once', async (t) => {
  const session = await connection(t);
  const here = space(t.name);
  assert.equal(session.remoteSettings.maxConcurrentStreams, 250);
  const numbers = [...Array(300).keys()];
  const answers = await Promise.all(
    numbers.map((number) => ask(session, here, 'GET', number % 2 ? CALL : `/api/v1/calls/call_nobody${number}`)),
  );
  for (const [number, { status, body }] of answers.entries()) {
    assert.equal(status, number % 2 ? 200 : 404);
    const text = body.toString();
    assert.ok(text.includes(number % 2 ? '"call_xxx"' : `call_nobody${number}`), text);
  }
  assert.equal(session.closed, false);
  const told = await here.requests();
  assert.equal(told.length, 300);
});

test('http2: no header that belongs to a connection', async (t) => {
  const session = await connection(t);
  const here = space(t.name);
  const { head } = await ask(session, here, 'GET', CALL);
  for (const name of ['connection', 'transfer-encoding', 'keep-alive']) assert.equal(head[name], undefined, name);
  assert.match(head['x-request-id'], /^req_/);
  assert.equal((await here.requests())[0].headers.host, new URL(BASE).host);
});

test('http2: HEAD and ranges', async (t) => {
  const session = await connection(t);
  const here = space(t.name);
  const { bytes, tag } = await here.recording();
  const audio = `${CALL}/audio`;
  const head = await ask(session, here, 'HEAD', audio);
  assert.deepEqual([head.status, head.head['content-length'], head.body.length], [200, `${bytes.length}`, 0]);
  const part = await ask(session, here, 'GET', audio, { range: 'bytes=5-9' });
  assert.deepEqual([part.status, part.body], [206, bytes.subarray(5, 10)]);
  const beyond = await ask(session, here, 'GET', audio, { range: 'bytes=99999999-' });
  assert.deepEqual([beyond.status, beyond.head['content-range']], [416, `bytes */${bytes.length}`]);
  assert.equal((await ask(session, here, 'GET', audio, { range: 'bytes=0-9', 'if-range': tag })).status, 206);
  const whole = await ask(session, here, 'GET', audio, { range: 'bytes=0-9', 'if-range': '"other"' });
  assert.deepEqual([whole.status, whole.body], [200, bytes]);
});

test('http2: a body without a length', async (t) => {
  const session = await connection(t);
  const here = space(t.name);
  assert.equal((await ask(session, here, 'POST', '/api/v1/calls', {}, pieces(here.body))).status, 201);
  const [{ headers }] = await here.requests();
  assert.equal(headers['content-length'], undefined);
});

// Not RANDOM_DATA_THEN_CLOSE: Node 20 says nothing at all of garbage and of the end of the connection behind it, and waits on.
for (const [fault, code, goesOn] of [
  ['EMPTY_RESPONSE', constants.NGHTTP2_INTERNAL_ERROR, true],
  ['MALFORMED_RESPONSE_CHUNK', constants.NGHTTP2_PROTOCOL_ERROR, true],
  ['CONNECTION_RESET_BY_PEER', undefined, false],
]) {
  test(`http2: ${fault} takes ${goesOn ? 'one answer' : 'the connection'}`, async (t) => {
    const session = await connection(t);
    const here = space(t.name);
    await here.fault(fault);
    const stream = session.request({ ':path': CALL, authorization: here.authorization.Authorization });
    // Where its connection is lost, a stream is just closed.
    stream.on('error', () => {});
    await new Promise((closed) => stream.resume().on('close', closed));
    if (goesOn) {
      assert.equal(stream.rstCode, code);
      assert.equal((await ask(session, here, 'GET', CALL)).status, 200);
    } else {
      if (!session.destroyed) await once(session, 'close');
      assert.equal((await ask(await connection(t), here, 'GET', CALL)).status, 200);
    }
  });
}
