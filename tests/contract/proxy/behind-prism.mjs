#!/usr/bin/env node
// akol-mock with a Prism before it: takes the same options, prints the same first line. Every request to Akol's API goes through
// Prism's proxy, which holds it and its answer against the document; all other paths go straight to the server.
//
//     client -> front -> Prism -> back -> akol-mock
//
// The front reads from each answer what Prism has found and reports it; the back knows what the server has really said.
//
// BEHIND_PRISM_PROGRAM is the program, BEHIND_PRISM_REPORT the file to which a line of JSON is added for each exchange, and
// BEHIND_PRISM_DOCUMENT a document other than that of the program.
//
// Three things of Prism's that are not used, each as narrowly as can be:
//   - It reads every body as text, which breaks those that are none (issues 1321 and 2349 of stoplightio/prism): where an answer is no
//     JSON, the client gets the bytes that the server has sent.
//   - It writes queries anew, so that what is broken in them is not any more: the server gets those that the client has sent.
//   - It answers 500 where the server has broken the connection: then the client's is broken, too, as it would be without Prism.
//
// And three that nobody may send through it (nor have we found issues of them): `HEAD`, as Prism reads JSON where there is no body; a
// body that is malformed JSON, as Prism leaves it without an answer; and a path with broken percent-encoding, as that ends Prism.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, createServer, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';

const { BEHIND_PRISM_PROGRAM: program, BEHIND_PRISM_REPORT, BEHIND_PRISM_DOCUMENT } = process.env;
const NUMBER = 'x-exchange-number';
const agent = new Agent({ keepAlive: true });
const exchanges = new Map();
const children = [];
let numbered = 0;
let reported = 0;
let logged = 0;

function report(line) {
  appendFileSync(BEHIND_PRISM_REPORT, `${JSON.stringify({ pid: process.pid, ...line })}\n`);
}

/** Sends a request on, its body as it comes, and resolves with the answer as soon as it begins. */
function forward(request, port, path, headers) {
  const onward = send({ host: '127.0.0.1', port, path, method: request.method, headers, agent });
  request.pipe(onward);
  return once(onward, 'response').then(([answer]) => answer);
}

/** Through Prism. */
async function ask(request, response) {
  const number = String(++numbered);
  const exchange = { target: request.url };
  exchanges.set(number, exchange);
  const path = request.url.replace(/^\/api(\/v1)?(?=\/)/, '');
  const answer = await forward(request, prism.port, path, { ...request.headers, [NUMBER]: number }).catch((error) => {
    report({ method: request.method, url: request.url, violations: [], problems: [`Prism does not answer: ${error.message}`] });
    throw error;
  });
  const body = await buffer(answer);
  exchanges.delete(number);
  if (exchange.isBroken) return response.destroy();
  judge(request, exchange, answer);
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, 'keep-alive': ____, ...headers } = answer.headers;
  response.writeHead(answer.statusCode, headers);
  response.end(exchange.bytes ?? body);
}

/** Reports an exchange, and whether it is one that should not be. */
function judge(request, exchange, answer) {
  const header = answer.headers['sl-violations'];
  const violations = header ? parse(header) : [];
  reported += violations.length;
  const problems = violations.filter(({ location: [side] }) => side !== 'request' || answer.statusCode < 400);
  if (exchange.status !== answer.statusCode) problems.push(`Prism says ${answer.statusCode}, the server ${exchange.status}`);
  report({ method: request.method, url: request.url, status: answer.statusCode, violations, problems });
}

function parse(header) {
  try {
    return JSON.parse(header);
  } catch {
    // It is cut where it is long.
    return [{ location: ['too many'], message: header }];
  }
}

/** Between Prism and the server. */
async function answerPrism(request, response) {
  const { [NUMBER]: number, ...headers } = request.headers;
  const exchange = exchanges.get(number);
  try {
    const answer = await forward(request, server.port, exchange.target, headers);
    const body = await buffer(answer);
    exchange.status = answer.statusCode;
    if (answer.headers['content-type'] !== 'application/json') exchange.bytes = body;
    response.writeHead(answer.statusCode, answer.headers).end(body);
  } catch {
    exchange.isBroken = true;
    response.destroy();
  }
}

/** Past Prism. */
async function pass(request, response) {
  const answer = await forward(request, server.port, request.url, request.headers);
  response.writeHead(answer.statusCode, answer.headers);
  answer.pipe(response);
}

async function listen(handle) {
  const listener = createServer((request, response) => handle(request, response).catch(() => response.destroy()));
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return listener.address().port;
}

/** Starts a program and waits for the line that says where it listens. */
async function start(command, words, pattern, onLine) {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} ${words.join(' ')} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = pattern.exec(line);
      if (found) resolve(Number(found[1]));
      onLine(line);
    });
  });
  child.removeAllListeners('exit');
  return { child, port };
}

const folder = mkdtempSync(join(tmpdir(), 'behind-prism-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true });
  for (const child of children) child.kill();
});
let document = BEHIND_PRISM_DOCUMENT;
if (!document) {
  document = join(folder, 'openapi.json');
  writeFileSync(document, execFileSync(program, ['openapi']));
}

const server = await start(program, process.argv.slice(2), /^akol-mock listening on http:\/\/.*:(\d+)$/, () => {});
const back = await listen(answerPrism);
const cli = createRequire(import.meta.url).resolve('@stoplight/prism-cli');
const words = [cli, 'proxy', document, `http://127.0.0.1:${back}/api/v1`, '--host', '127.0.0.1', '--port', '0', '--cors', 'false'];
const prism = await start(process.execPath, words, /Prism is listening on http:\/\/.*:(\d+)/, (line) => {
  if (line.includes('Violation: ')) logged += 1;
});

const port = await listen((request, response) => (/^\/api\//.test(request.url) ? ask : pass)(request, response));
prism.child.once('exit', (code) => {
  report({ problems: [`Prism has ended with ${code}`] });
  process.exit(1);
});
report({ started: true });
console.log(`akol-mock listening on http://127.0.0.1:${port}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    prism.child.removeAllListeners('exit');
    // Closed is more than ended: all that it has said has been read.
    const closed = children.map((child) => once(child, 'close'));
    for (const child of children) child.kill();
    await Promise.all(closed);
    const problems = [];
    if (prism.child.exitCode) problems.push(`Prism has ended with ${prism.child.exitCode}`);
    if (logged !== reported) problems.push(`Prism has logged ${logged} violations, and named ${reported} in its answers`);
    report({ ended: true, problems });
    process.exit();
  });
}
