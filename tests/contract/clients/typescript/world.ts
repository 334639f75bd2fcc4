// A workspace of its own for each test, on a server that runs already and whose clock stands.

import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

import createClient, { type Client } from 'openapi-fetch';

import type { components, paths } from './akol.js';

export type Schemas = components['schemas'];
export type Call = Schemas['Call'];
export type CallEvent = Schemas['LiveCallEvent'] | Schemas['EndedCallEvent'];

const { AKOL_URL = '', AKOL_CONTROL = '' } = process.env;

/** The generated client, with a token. */
export function client(token: string): Client<paths> {
  return createClient<paths>({ baseUrl: AKOL_URL, headers: { Authorization: `Bearer ${token}` } });
}

/** `akol` is the generated client; the rest is for the test, over plain HTTP, straight to the server. */
export class World {
  readonly akol: Client<paths>;

  constructor(private readonly name: string) {
    this.akol = client(`ws_${name}`);
  }

  async control(method: string, path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${AKOL_CONTROL}${path}?workspace=${this.name}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return ((await answer.json()) as { data: unknown }).data;
  }

  /** Lets time pass: resolves when all that falls due has happened, webhooks included. */
  async advance(by: string): Promise<void> {
    await this.control('POST', '/clock/advance', { by });
  }
}

export function world(t: TestContext): World {
  const name = `typescript_${t.name.replace(/[^A-Za-z0-9]/g, '_')}`.slice(0, 64);
  t.after(() => fetch(`${AKOL_CONTROL}/workspaces/${name}`, { method: 'DELETE' }));
  return new World(name);
}

/** Subscribes a receiver on a free port, and collects the bodies of the webhooks whose signatures are genuine. */
export async function receive(t: TestContext, world: World, events: CallEvent['event'][]): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  let secret = '';
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const expected = createHmac('sha256', secret).update(body).digest();
    const given = Buffer.from(String(request.headers['x-webhook-signature']), 'hex');
    const genuine = given.length === expected.length && timingSafeEqual(given, expected);
    if (genuine) bodies.push(body);
    response.writeHead(genuine ? 204 : 401).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;
  ({ secret } = (await world.control('POST', '/webhooks', { url, events })) as { secret: string });
  return bodies;
}

/** What a request brought that was carried out. */
export function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  assert.equal(answer.error, undefined);
  assert.ok(answer.data !== undefined, `${answer.response.status} has no data`);
  return answer.data;
}
