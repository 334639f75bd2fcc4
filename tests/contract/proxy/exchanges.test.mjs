// Plays all exchanges of exchanges.mjs behind Prism: AKOL_MOCK is behind-prism.mjs.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import test, { after } from 'node:test';

import { any, right, wrong } from './exchanges.mjs';

const OPTIONS = ['--listen', '127.0.0.1:0', '--log-format', 'off', '--clock', 'manual', '--start-time', '2026-04-20T15:00:00Z'];
const agent = new Agent({ keepAlive: true });
const document = JSON.parse(execFileSync(process.env.BEHIND_PRISM_PROGRAM, ['openapi']));

/** Starts a server behind a Prism, which has another document where one is given. */
async function serve(t, other) {
  const env = { ...process.env };
  const folder = mkdtempSync(join(tmpdir(), 'exchanges-'));
  if (other) {
    env.BEHIND_PRISM_DOCUMENT = join(folder, 'openapi.json');
    writeFileSync(env.BEHIND_PRISM_DOCUMENT, JSON.stringify(other));
    // What Prism finds then has been asked for.
    env.BEHIND_PRISM_REPORT = join(folder, 'report');
  }
  const child = spawn(process.env.AKOL_MOCK, OPTIONS, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  });
  const [firstLine] = await once(createInterface({ input: child.stdout }), 'line');
  return firstLine.split(' ').at(-1);
}

/** Sends one of the requests, and resolves with status, body, and what Prism has found. */
async function play(base, { method, path, body, headers = {} }) {
  const isText = typeof body === 'string' && path !== '/calls';
  const bytes = body === undefined ? undefined : isText ? body : JSON.stringify(body);
  const all = { Authorization: 'Bearer any', ...(bytes && { 'Content-Type': isText ? 'text/plain' : 'application/json' }), ...headers };
  for (const [name, value] of Object.entries(all)) if (value === undefined) delete all[name];
  if (bytes || method === 'POST') all['Content-Length'] = Buffer.byteLength(bytes ?? '');
  const request = send(base + path, { method, headers: all, agent });
  request.end(bytes);
  const [answer] = await once(request, 'response');
  const content = await buffer(answer);
  const violations = JSON.parse(answer.headers['sl-violations'] ?? '[]');
  return { status: answer.statusCode, headers: answer.headers, content, violations };
}

async function control(base, method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}/__admin${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.clone().text());
  return (await answer.json()).data;
}

const name = ({ method, path, body = '', headers = '' }) =>
  [method, path, JSON.stringify(body), JSON.stringify(headers)].join(' ').slice(0, 160);
const isAbout = (side) => ({ location }) => location[0] === side;

/** Which operation of the document a request is for. */
function operationOf({ method, path }) {
  const [bare] = path.split('?');
  const template = bare.replace(/^\/calls\/[^/]+/, '/calls/{callId}');
  return document.paths[template]?.[method.toLowerCase()]?.operationId;
}

/** Has a call that goes on, and sends a request about it. */
async function resolve(api, request) {
  if (!request.path.includes('LIVE')) return request;
  const body = { campaignId: 'cmp_xxx', toNumber: '+15005550107', fromPhoneNumberId: 'pn_xxx' };
  const { content } = await play(api, { method: 'POST', path: '/calls', body });
  return { ...request, path: request.path.replace('LIVE', JSON.parse(content).data.id) };
}

/** Plays all that the document allows: what is answered, with the requests. */
async function playRight(base) {
  const api = `${base}/api/v1`;
  const played = [];
  const one = async (request) => played.push({ request, answer: await play(api, await resolve(api, request)) });
  for (const request of right) await one(request);
  for (const request of any) await one({ ...request, status: 401, headers: { Authorization: 'Bearer revoked' } });
  for (const request of any) await one({ ...request, status: 403, headers: { Authorization: 'Bearer forbidden' } });
  for (const effect of [{ status: 500 }, { status: 503, retryAfter: 7 }]) {
    await control(base, 'POST', '/faults', { times: any.length, effect });
    for (const request of any) await one({ ...request, status: effect.status });
  }
  await control(base, 'PATCH', '/campaigns/cmp_xxx', { recording: 'mp3' });
  const placed = await play(api, { method: 'POST', path: '/calls', body: { ...any[1].body, toNumber: '+15005550100' } });
  const { id } = JSON.parse(placed.content).data;
  await control(base, 'POST', '/clock/advance', { by: '10m' });
  await one({ method: 'GET', path: `/calls/${id}/audio`, status: 200 });
  await one({ method: 'GET', path: `/calls/${id}/audio`, status: 206, headers: { Range: 'bytes=-100' } });
  // Last, as nothing is answered after it.
  await control(base, 'PATCH', '/settings', { rateLimit: 1 });
  await play(api, any[0]);
  for (const request of any) await one({ ...request, status: 429 });
  return played;
}

// A request that Prism leaves unanswered would be waited for as long as anybody watches.
const timeout = 120_000;

test('what the document allows, and all that is answered, is no violation', { timeout }, async (t) => {
  const played = await playRight(await serve(t));
  for (const { request, answer } of played) {
    assert.equal(answer.status, request.status, `${name(request)}: ${answer.content.toString().slice(0, 300)}`);
    const violations = answer.violations.filter((it) => request.isAllowed !== false || isAbout('response')(it));
    assert.deepEqual(violations, [], name(request));
  }

  await t.test('and every status that the document has was answered', () => {
    const requests = [...played.map(({ request }) => request), ...wrong];
    const answered = new Set(requests.map((request) => `${operationOf(request)} ${request.status}`));
    const documented = Object.values(document.paths).flatMap((path) =>
      Object.values(path).flatMap(({ operationId, responses }) => Object.keys(responses ?? {}).map((it) => `${operationId} ${it}`)),
    );
    const unplayable = [
      // It takes 30 seconds in which no body comes, and Prism reads the whole body before it sends anything on.
      ...['placeCall 408', 'endCall 408'],
      // It is for a path with broken percent-encoding, and that ends Prism.
      ...['getCall 400', 'endCall 400', 'getTranscript 400', 'getRecording 400'],
      // They are about expectations and codings on the way, where a client meets the proxy's and not the server's.
      ...['listCalls', 'getCall', 'getRecording', 'getTranscript', 'placeCall', 'endCall'].flatMap((it) => [`${it} 417`, `${it} 501`]),
      ...['placeCall 415', 'endCall 415'],
    ];
    assert.deepEqual(documented.filter((it) => !answered.has(it)).sort(), unplayable.sort());
  });
});

test('what the document forbids, the server refuses', { timeout }, async (t) => {
  const api = `${await serve(t)}/api/v1`;
  const complaints = [];
  for (const request of wrong) {
    const { status, content, violations } = await play(api, request);
    if (status !== request.status) complaints.push(`${name(request)}: ${status} ${content.toString().slice(0, 300)}`);
    if (!violations.some(isAbout('request'))) complaints.push(`${name(request)}: not reported`);
    if (violations.some(isAbout('response'))) complaints.push(`${name(request)}: ${JSON.stringify(violations)}`);
  }
  assert.deepEqual(complaints, []);
});

test('no answer goes by unseen: a document that wants the impossible is broken by each', { timeout }, async (t) => {
  const impossible = structuredClone(document);
  for (const schema of ['CallAnswer', 'CallsAnswer', 'TranscriptAnswer', 'ErrorAnswer', 'ValidationErrorAnswer']) {
    impossible.components.schemas[schema].required.push('impossible');
  }
  impossible.components.headers.RequestId.schema.pattern = '^impossible$';
  const played = await playRight(await serve(t, impossible));
  for (const { request, answer } of played) {
    const places = answer.violations.filter(isAbout('response')).map(({ location }) => location.slice(1).join('.'));
    assert.ok(places.includes('header.x-request-id'), `${name(request)}: ${places}`);
    const isJson = answer.headers['content-type'] === 'application/json';
    assert.equal(places.includes('body'), isJson, `${name(request)}: ${places}`);
  }
});

after(() => agent.destroy());
