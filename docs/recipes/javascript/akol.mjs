// One server for the tests of a file, and a workspace of its own for each test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';

const server = await start();

async function start() {
  const program = process.env.AKOL_MOCK ?? 'akol-mock';
  const options = '--listen 127.0.0.1:0 --clock manual --start-time 2026-05-04T09:00:00Z --calls 0 --log-format off';
  // What the shell sets up for other servers is not for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AKOL_MOCK_')));
  const child = spawn(program, options.split(' '), { env, stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  const [firstLine] = await once(createInterface({ input: child.stdout }), 'line');
  // The tests may end while it still runs.
  child.unref();
  child.stdout.unref();
  return firstLine.split(' ').at(-1);
}

/** The workspace of a test: `akol` is for the app, the rest for the test. */
export function world(t) {
  const name = t.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  const akol = client(`${server}/api/v1`, { Authorization: `Bearer ws_${name}` });
  const admin = client(`${server}/__admin`, {});
  const within = (path) => `${path}${path.includes('?') ? '&' : '?'}workspace=${name}`;

  /** Asks the control API about this workspace alone. */
  async function control(method, path, body) {
    const answer = await admin(method, within(path), body);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).data;
  }

  return {
    akol,
    control,
    /** Lets time pass: resolves when all that falls due has happened. To an app, this is its `sleep`. */
    advance: (seconds) => control('POST', '/clock/advance', { by: `${seconds}s` }),
    now: async () => new Date((await control('GET', '/clock')).now),
    /** The journal of all tries to place a call, oldest first. */
    placements: () => control('GET', '/requests?method=POST&path=/api/v1/calls'),
  };
}

/** What an app has anyway: a `fetch` that knows where Akol is, and its token there. */
function client(url, headers) {
  return (method, path, body, more) =>
    fetch(url + path, {
      method,
      headers: { ...headers, ...more, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
}

/** Serves `receive(signature, body) -> status` on a free port until the test ends, and gives the URL. */
export async function serve(t, receive) {
  const receiver = createServer(async (request, response) => {
    const status = receive(request.headers['x-webhook-signature'], await buffer(request));
    response.writeHead(status).end();
  });
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  return `http://127.0.0.1:${receiver.address().port}/webhooks`;
}
