// The program under test, and a receiver for what it sends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';

// All that the README's table of events names, in its order.
export const EVENTS = [
  'call.started',
  'call.transferred',
  'call.voicemail',
  'call.ended',
  'call.completed',
  'call.missed',
  'call.failed',
  'transcript.ready',
  'summary.ready',
];
export const [TRANSFERRED, VOICEMAIL, NO_ANSWER, BUSY] = [
  '+15005550101',
  '+15005550102',
  '+15005550104',
  '+15005550105',
];

/** Starts a program for as long as the test runs: gives a function that waits for the next line that it prints. */
export function start(t, command, args, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}

/** One server, whose clock stands still. */
export async function emulator(t, ...options) {
  // The past does not matter here, and takes time to make.
  const calls = options.includes('--calls') ? [] : ['--calls', '0'];
  const args = ['--listen', '127.0.0.1:0', '--clock', 'manual', '--log-format', 'off', ...calls, ...options];
  const line = start(t, process.env.AKOL_MOCK, args);
  const url = (await line()).split(' ').at(-1);
  // "seed 42, webhook secret whsec_…"
  const printedSecret = (await line()).split(' ').at(-1);

  async function ask(method, path, body) {
    const headers = { Authorization: 'Bearer any', 'Content-Type': 'application/json' };
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).data;
  }

  const place = (toNumber) =>
    ask('POST', '/api/v1/calls', { campaignId: 'cmp_xxx', toNumber, fromPhoneNumberId: 'pn_xxx' });
  /** Resolves when all that falls due has happened, and every delivery has been answered. */
  const advance = (by) => ask('POST', '/__admin/clock/advance', { by });

  return {
    ask,
    place,
    advance,
    printedSecret,
    /** Has calls that come to each of the nine events. They are over within two minutes: no library minds that. */
    async tellEverything() {
      for (const number of [TRANSFERRED, VOICEMAIL, NO_ANSWER, BUSY]) await place(number);
      await advance('2m');
    },
    /** The one secret that is listed. */
    async secret() {
      const webhooks = await ask('GET', '/__admin/webhooks');
      if (webhooks.length !== 1) throw new Error(`there are ${webhooks.length} subscriptions`);
      return webhooks[0].secret;
    },
  };
}

/** Takes in whatever comes to a free port while the test runs. */
export async function receiver(t) {
  const deliveries = [];
  const server = createServer(async (request, response) => {
    // Before the answer: who has waited for that finds it there.
    deliveries.push({ headers: request.headers, body: await buffer(request) });
    response.writeHead(204).end();
    server.emit('delivery');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/hooks`,
    /** What has come, to the byte. */
    deliveries,
    /** Waits until so many have come. */
    async count(wanted) {
      while (deliveries.length < wanted) await once(server, 'delivery');
    },
  };
}

/** The event that a delivery tells. */
export const told = ({ body }) => JSON.parse(body);

/** The body with one byte changed. */
export function changedAt(body, place) {
  const changed = Buffer.from(body);
  changed[place] ^= 1;
  return changed;
}
