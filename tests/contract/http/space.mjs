// A workspace of its own for each test, on the one server that `run` has started.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export const BASE = process.env.BASE;

/** The world that a test has for itself: named after it. */
export function space(name, base = BASE) {
  const token = `ws_js-${name.replace(/\W+/g, '-').slice(-60)}`;
  const api = `${base}/api/v1`;
  const call = `${api}/calls/call_xxx`;
  const authorization = { Authorization: `Bearer ${token}` };

  async function control(method, path, body) {
    const url = `${base}/__admin${path}?workspace=${token.slice(3)}`;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()).data;
  }

  return {
    api,
    call,
    audio: `${call}/audio`,
    authorization,
    json: { ...authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({ campaignId: 'cmp_xxx', toNumber: '+15005550100', fromPhoneNumberId: 'pn_xxx' }),
    control,
    requests: () => control('GET', '/requests'),
    /** Has the next request go wrong in that way. */
    fault: (fault) => control('POST', '/faults', { times: 1, effect: { fault } }),
    /** The whole recording of `call_xxx` and its tag. */
    async recording() {
      const answer = await fetch(`${call}/audio`, { headers: authorization });
      return { bytes: Buffer.from(await answer.arrayBuffer()), tag: answer.headers.get('ETag') };
    },
  };
}

/** Stands between a client and the server while the test runs, and counts the connections that the client makes. */
export async function counter(t) {
  const { hostname, port } = new URL(BASE);
  const open = new Set();
  const between = {};
  const server = createServer((client) => {
    between.connections += 1;
    const there = connect(port, hostname);
    for (const [socket, other] of [[client, there], [there, client]]) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return Object.assign(between, { connections: 0, url: `http://127.0.0.1:${server.address().port}` });
}

/** A text, a few bytes at a time. */
export async function* pieces(text) {
  for (let at = 0; at < text.length; at += 7) yield Buffer.from(text.slice(at, at + 7));
}
