// Pages and filters: what each filter finds is what the whole list says, page for page and in the same order.

import assert from 'node:assert/strict';
import test from 'node:test';

import type { operations } from './akol.js';
import { type Call, type World, done, world } from './world.js';

type Filters = NonNullable<operations['listCalls']['parameters']['query']>;

/** All calls that match, page by page, and all that a page says of itself checked. */
async function walk({ akol }: World, filters: Filters = {}): Promise<Call[]> {
  const limit = filters.limit ?? 100;
  const calls: Call[] = [];
  for (let page = 1; ; page += 1) {
    const { data, pagination } = done(await akol.GET('/calls', { params: { query: { ...filters, page, limit } } }));
    calls.push(...data);
    const { total, totalPages } = pagination;
    assert.deepEqual([pagination.page, pagination.limit, totalPages], [page, limit, Math.ceil(total / limit)]);
    assert.deepEqual([pagination.hasPrev, pagination.hasNext], [page > 1, page < totalPages]);
    assert.equal(calls.length, Math.min(page * limit, total));
    if (!pagination.hasNext) return calls;
  }
}

test('the pages of any size are the whole list', async (t) => {
  const here = world(t);
  const calls = await walk(here);
  assert.equal(calls.length, 201);
  assert.equal(new Set(calls.map((call) => call.id)).size, 201);
  assert.deepEqual(await walk(here, { limit: 37 }), calls);
  const started = calls.flatMap(({ startedAt }) => startedAt ?? []);
  assert.deepEqual(started, started.toSorted().toReversed(), 'newest first');
});

/** Holds what a filter finds against the whole list, for each of these values. */
function filter<Name extends keyof Filters & keyof Call>(name: Name, possible?: Filters[Name][]): void {
  test(`${name} finds just what the whole list says`, async (t) => {
    const here = world(t);
    const calls = await walk(here);
    const values = possible ?? [...new Set(calls.map((call) => call[name] as Filters[Name]))];
    const found = [];
    for (const value of values) {
      const some = await walk(here, { [name]: value });
      assert.deepEqual(some, calls.filter((call) => call[name] === value), String(value));
      found.push(some.length);
    }
    assert.equal(found.reduce((sum, count) => sum + count, 0), calls.filter((call) => call[name] !== null).length);
    assert.ok(found.filter((count) => count > 0).length > 1, 'one value alone shows little');
  });
}

filter('direction', ['inbound', 'outbound']);
filter('status', ['RINGING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'VOICEMAIL']);
filter('outcome', ['completed', 'transferred', 'voicemail_left', 'hung_up', 'no_answer', 'busy', 'failed', 'canceled']);
filter('sentiment', ['positive', 'neutral', 'negative']);
filter('businessId');
filter('campaignId');
filter('agentId');
filter('phoneNumberId');

test('dates bound a list, and filters combine', async (t) => {
  const here = world(t);
  const calls = await walk(here);
  const dayOf = (call: Call) => call.startedAt?.slice(0, 10) ?? '';
  const days = [...new Set(calls.map(dayOf))].sort();
  const startDate = days[Math.floor(days.length / 3)] ?? '';
  const endDate = days[Math.floor((2 * days.length) / 3)] ?? '';
  assert.deepEqual(await walk(here, { startDate }), calls.filter((call) => dayOf(call) >= startDate));
  assert.deepEqual(await walk(here, { endDate }), calls.filter((call) => dayOf(call) <= endDate));
  const between = await walk(here, { startDate, endDate });
  assert.deepEqual(between, calls.filter((call) => dayOf(call) >= startDate && dayOf(call) <= endDate));
  assert.ok(between.length > 0 && between.length < calls.length);

  // An instant, with an offset whose plus sign the client has to escape.
  const [call] = between;
  const instant = call?.startedAt?.replace('Z', '+00:00') ?? '';
  assert.ok((await walk(here, { startDate: instant, endDate: instant })).some(({ id }) => id === call?.id));

  const both = await walk(here, { direction: 'outbound', status: 'FAILED', startDate });
  const expected = calls.filter((call) => call.direction === 'outbound' && call.status === 'FAILED' && dayOf(call) >= startDate);
  assert.deepEqual(both, expected);
  assert.ok(both.length > 0);
});
