// What is asked of the API behind Prism: every endpoint and filter, every documented status, and requests that are wrong.

const CALL = { campaignId: 'cmp_xxx', toNumber: '+15005550105', fromPhoneNumberId: 'pn_xxx' };
const KEY = '7f2c1f8e-3b0a-4a53-9d0c-5f1f6f1f3c11';
const PAUSED = { campaignId: 'cmp_pennington_reminders', toNumber: '+15551234567', fromPhoneNumberId: 'pn_pennington_reminders' };
const DRAFT = { campaignId: 'cmp_fernwood_spring', toNumber: '+15551234567', fromPhoneNumberId: 'pn_fernwood_spring' };
/** A path and a header of more bytes, and headers of more than the server takes. */
const LONG = 'x'.repeat(8200);
const MANY = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-header-${index}`, '1']));

const get = (path, status, headers) => ({ method: 'GET', path, status, headers });
const post = (body, status, headers) => ({ method: 'POST', path: '/calls', body, status, headers });

/** Requests that the document allows. What is refused among them, is for what no schema can say. */
export const right = [
  ...[
    'page=2&limit=1',
    'direction=inbound',
    'direction=outbound',
    ...['RINGING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'VOICEMAIL'].map((status) => `status=${status}`),
    ...['completed', 'transferred', 'voicemail_left', 'hung_up'].map((outcome) => `outcome=${outcome}`),
    ...['no_answer', 'busy', 'failed', 'canceled'].map((outcome) => `outcome=${outcome}`),
    ...['positive', 'neutral', 'negative'].map((sentiment) => `sentiment=${sentiment}`),
    'businessId=biz_xxx&campaignId=cmp_xxx&agentId=agt_xxx&phoneNumberId=pn_xxx',
    'businessId=nobody',
    'startDate=2026-04-18&endDate=2026-04-18',
    'startDate=2026-04-18T14:00:00Z&endDate=2026-04-18T16:30:00.5%2B02:00',
    'page=9007199254740991&limit=100',
    'unknown=ignored',
  ].map((query) => get(`/calls?${query}`, 200)),
  get('/calls?startDate=2026-04-19&endDate=2026-04-18', 422),
  get('/calls?limit=1&unknown=%zz', 400),
  get(`/calls?businessId=${LONG}`, 414),
  get('/calls', 431, MANY),

  post(CALL, 201),
  post(CALL, 201, { 'Idempotency-Key': KEY }),
  post(CALL, 201, { 'Idempotency-Key': KEY }),
  post({ ...CALL, more: 'ignored' }, 201, { 'X-Akol-Scenario': 'endless' }),
  post({ ...CALL, campaignId: 'cmp_nobody' }, 404),
  post(DRAFT, 409),
  post({ ...CALL, more: 'x'.repeat(1_048_576) }, 413),
  post({ ...CALL, fromPhoneNumberId: 'pn_bluespruce_main' }, 422),
  post({ ...CALL, toNumber: '+15005550104' }, 422, { 'Idempotency-Key': KEY }),
  post(PAUSED, 429),
  post({ ...CALL, toNumber: '+15005550129' }, 429),
  post({ ...CALL, toNumber: '+15005550150' }, 500),
  post({ ...CALL, toNumber: '+15005550153' }, 503),
  { ...post(CALL, 414), path: `/calls?x=${LONG}` },
  post(CALL, 431, MANY),

  ...['', '/transcript', '/audio'].flatMap((part) => [
    get(`/calls/call_xxx${part}`, 200),
    get(`/calls/call_nobody${part}`, 404),
    get(`/calls/call_${LONG}${part}`, 414),
    get(`/calls/call_xxx${part}`, 431, MANY),
  ]),
  get('/calls/call_xxx/audio', 206, { Range: 'bytes=0-43' }),
  get('/calls/call_xxx/audio', 206, { Range: 'bytes=0-1,100-101' }),
  get('/calls/call_xxx/audio', 200, { Range: 'bytes=0-43', 'If-Range': '"0000000000000000"' }),
  get('/calls/call_xxx/audio', 304, { 'If-None-Match': '*' }),
  get('/calls/call_xxx/audio', 412, { 'If-Match': '"0000000000000000"' }),
  get('/calls/call_xxx/audio', 416, { Range: 'bytes=999999999-' }),

  { method: 'POST', path: '/calls/LIVE/end', status: 200 },
  { method: 'POST', path: '/calls/call_xxx/end', status: 409 },
  { method: 'POST', path: '/calls/call_nobody/end', status: 404 },
  { method: 'POST', path: `/calls/call_${LONG}/end`, status: 414 },
  { method: 'POST', path: '/calls/call_xxx/end', status: 431, headers: MANY },
  // That a body is not looked at is prose: a document cannot have a body of any type, or none.
  { method: 'POST', path: '/calls/call_xxx/end', status: 413, body: 'x'.repeat(1_048_577), isAllowed: false },
];

/** Any endpoint, for what is the same on all. */
export const any = [
  get('/calls', 200),
  post(CALL, 201),
  get('/calls/call_xxx', 200),
  get('/calls/call_xxx/transcript', 200),
  get('/calls/call_xxx/audio', 200),
  { method: 'POST', path: '/calls/call_xxx/end', status: 409 },
];

/**
 * Requests that the document forbids, which the server has to refuse.
 *
 * Not here is what Prism 5.16.0 does otherwise (we have found no issue of it in its tracker): it takes a parameter or header that is
 * empty for none at all, and sends on a body that is just a string without its quotes.
 */
export const wrong = [
  ...[
    ...['limit=0', 'limit=101', 'limit=many', 'limit=1.5', 'page=0', 'page=-1', 'page=9007199254740992'],
    ...['direction=sideways', 'direction=Inbound', 'status=ringing', 'outcome=fine', 'sentiment=angry'],
    ...['startDate=yesterday', 'startDate=2026-02-30', 'startDate=2026-4-1', 'startDate=2026-04-18T14:00:00'],
    ...['endDate=tomorrow', 'endDate=2026-13-01', 'endDate=2026-04-18T25:00:00Z', 'endDate=20260418'],
  ].map((query) => get(`/calls?${query}`, 422)),
  ...[
    ...[{}, [], 7],
    ...['campaignId', 'toNumber', 'fromPhoneNumberId'].flatMap((name) =>
      [undefined, null, 7, '', {}].map((value) => ({ ...CALL, [name]: value })),
    ),
    ...['5551234567', '+0123', '+1', '+1234567890123456', '+1 555', '+1555\n'].map((toNumber) => ({ ...CALL, toNumber })),
  ].map((body) => post(body, 422)),
  ...['key', KEY.slice(1), `{${KEY}}`].map((key) => post(CALL, 422, { 'Idempotency-Key': key })),
  ...['nap', 'Endless'].map((scenario) => post(CALL, 422, { 'X-Akol-Scenario': scenario })),
  post(CALL, 400, { 'Content-Type': 'text/plain' }),
  ...['', '/transcript', '/audio'].map((part) => get(`/calls/nobody${part}`, 404)),
  { method: 'POST', path: '/calls/nobody/end', status: 404 },
  ...any.map((request) => ({ ...request, status: 401, headers: { Authorization: undefined } })),
  ...any.map((request) => ({ ...request, status: 401, headers: { Authorization: 'Basic YTpi' } })),
  // What the document does not have at all.
  { method: 'PUT', path: '/calls', status: 405, body: CALL },
  { method: 'DELETE', path: '/calls/call_xxx', status: 405 },
  get('/callers', 404),
];
