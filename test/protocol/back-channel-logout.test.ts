// OpenID Connect Back-Channel Logout 1.0: apps are told when sessions end, soon, and again until they have taken note.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateKeyPair, SignJWT } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { removeAccount } from '../../src/leaving/delete-account.ts';
import { sweepPayloads } from '../../src/protocol-store/sweep.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { type LogoutReceiver, logoutReceiver, receiverForTest } from '../support/logout-receiver.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { CALLBACK, SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { SPA, signedIn, WEB } from './apps.ts';

let server: TestServer;
let web: LogoutReceiver;
let spa: LogoutReceiver;

const webFile = (uri: string | undefined, more = '') => `
client_id: web
preset: web
redirect_uris: ["${CALLBACK}"]
post_logout_redirect_uris: ["https://app.example.test/"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
scope: openid profile email roles offline_access
${uri === undefined ? '' : `backchannel_logout_uri: "${uri}"`}
${more}
`;

const spaFile = (uri: string) => `
client_id: spa
preset: spa
redirect_uris: ["${SPA_CALLBACK}"]
consent: skip
scope: openid profile email roles offline_access
backchannel_logout_uri: "${uri}"
backchannel_logout_session_required: true
`;

beforeAll(async () => {
  [web, spa] = [await logoutReceiver(), await logoutReceiver()];
  server = await startTestServer({ clients: { web: webFile(web.uri), spa: spaFile(spa.uri) }, logLevel: 'debug' });
  await server.person({ email: 'jane@example.test' });
});

afterAll(async () => {
  await server.stop();
  web.close();
  spa.close();
  expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});

beforeEach(async () => {
  await sql`delete from logout_notices`.execute(server.database.db);
  for (const receiver of [web, spa]) {
    (receiver.received as unknown[]).length = 0;
    receiver.answers(200);
  }
});

const deps = () => ({ db: server.database.db, clock: movingClock });
const person = (email: string) => server.person({ email });
const notices = () =>
  deps().db.selectFrom('logout_notices').selectAll().orderBy('created_at').orderBy('client_id').execute();

const endUrl = (params: Record<string, string> = {}): string =>
  `${server.issuer}/session/end?${new URLSearchParams(params)}`;

const signsOut = (who: { browser: { request(url: string): Promise<Response> }; tokens: { idToken: string } }) =>
  who.browser.request(
    endUrl({ id_token_hint: who.tokens.idToken, post_logout_redirect_uri: 'https://app.example.test/' }),
  );

/** Waits until it holds, as long as a person would call it at once. */
async function soon(holds: () => boolean | Promise<boolean>, milliseconds = 15_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`not within ${milliseconds} ms; the log ends with ${JSON.stringify(server.logLines.slice(-5))}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('discovery says that apps can be told, and by session', async () => {
  const document = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
  expect(document).toMatchObject({ backchannel_logout_supported: true, backchannel_logout_session_supported: true });
});

test('who signs out is signed out of every app of the session within a second, by a token that says which session', async () => {
  const jane = await signedIn(server.issuer, { email: 'jane@example.test' });
  const atSpa = await signedIn(server.issuer, { app: SPA, browser: jane.browser });
  const before = performance.now();
  expect((await signsOut(jane)).status).toBe(303);
  await soon(() => web.received.length + spa.received.length === 2, 1_000);
  expect(performance.now() - before).toBeLessThan(1_000);
  for (const [receiver, tokens, clientId] of [
    [web, jane.tokens, 'web'] as const,
    [spa, atSpa.tokens, 'spa'] as const,
  ]) {
    const [{ method, url, headers, form, token }] = receiver.received as [(typeof receiver.received)[0]];
    expect([method, url, headers['content-type']]).toEqual(['POST', '/logout', 'application/x-www-form-urlencoded']);
    expect([...form.keys()]).toEqual(['logout_token']);
    const claims = await receiver.verified(server.issuer, clientId);
    const { sub, sid } = claimsIn(tokens.idToken);
    expect(claims).toEqual({
      iss: server.issuer,
      aud: clientId,
      sub,
      sid,
      iat: expect.any(Number),
      exp: Number(claims.iat) + 120,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      toe: expect.toSatisfy((toe: number) => Math.abs(toe - Number(claims.iat)) <= 1),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      typ: 'logout+jwt',
      alg: 'RS256',
      kid: expect.any(String),
    });
  }
  await soon(async () => (await notices()).every(({ delivered_at }) => delivered_at !== null));
  expect(await notices()).toHaveLength(2);
});

test('signing out on our page tells each app once, not once more by the engine', async () => {
  const { browser } = await signedIn(server.issuer, { email: 'jane@example.test' });
  await signedIn(server.issuer, { app: SPA, browser });
  await browser.open(endUrl());
  await browser.submit({}, 'Sign out');
  await soon(async () => (await notices()).filter(({ delivered_at }) => delivered_at !== null).length === 2);
  expect([web.received.length, spa.received.length]).toEqual([1, 1]);
});

test('signing out of one app only, while the session goes on, tells that app alone', async () => {
  const jane = await signedIn(server.issuer, { email: 'jane@example.test' });
  await signedIn(server.issuer, { app: SPA, browser: jane.browser });
  await jane.browser.open(endUrl({ client_id: 'web' }));
  const { action, data } = jane.browser.form({}, 'Sign out');
  const { logout: _all, ...form } = data as Record<string, string>;
  expect((await jane.browser.request(action, { method: 'POST', form })).status).toBeLessThan(400);
  await soon(() => web.received.length === 1);
  expect((await web.verified(server.issuer, 'web'))['sid']).toBe(claimsIn(jane.tokens.idToken)['sid']);
  expect(await notices()).toHaveLength(1);
});

test('the sign-out of a person is not held up by an app that does not answer, nor is another app', async () => {
  web.answers(() => undefined);
  const jane = await signedIn(server.issuer, { email: 'jane@example.test' });
  await signedIn(server.issuer, { app: SPA, browser: jane.browser });
  const before = performance.now();
  expect((await signsOut(jane)).status).toBe(303);
  expect(performance.now() - before).toBeLessThan(1_000);
  await soon(() => spa.received.length === 1, 1_000);
  await soon(async () => (await noticeTo('web'))?.last_error === 'no answer within 5 seconds', 7_000);
}, 15_000);

/** As the log counts them: in the table an attempt under way looks like the one before it. */
async function failuresOf(clientId: string): Promise<number> {
  const id = (await noticeTo(clientId))?.id;
  return server.logLines.filter(({ event, noticeId }) => event === 'logout_notice.failed' && noticeId === id).length;
}

const noticeTo = async (clientId: string) => (await notices()).find(({ client_id }) => client_id === clientId);

const ENDS: [string, (accountId: string) => Promise<unknown>][] = [
  ['banned', (accountId) => banAccount(server.deps, { accountId, reason: undefined })],
  ['deleted', (accountId) => removeAccount(server.deps, { accountId: accountId })],
];

test.each(ENDS)(
  'when somebody is %s, an app is told to end all they have there; one that needs names, each session',
  async (how, end) => {
    const { id } = await person(`${how}@example.test`);
    const first = await signedIn(server.issuer, { email: `${how}@example.test` });
    const firstAtSpa = await signedIn(server.issuer, { app: SPA, browser: first.browser });
    const second = await signedIn(server.issuer, { app: SPA, email: `${how}@example.test` });
    await end(id);
    await soon(() => web.received.length === 1 && spa.received.length === 2);
    expect(await web.verified(server.issuer, 'web')).toMatchObject({ sub: id });
    expect(web.received[0]?.claims).not.toHaveProperty('sid');
    const sids = spa.received.map(({ claims }) => claims['sid']);
    expect(new Set(sids)).toEqual(new Set([firstAtSpa, second].map(({ tokens }) => claimsIn(tokens.idToken)['sid'])));
    await soon(async () => (await notices()).every(({ delivered_at }) => delivered_at !== null));
    expect([web.received.length, spa.received.length]).toEqual([1, 2]);
  },
);

test('an app that only holds an offline grant of a session long over is told of a ban too', async () => {
  const { id } = await person('offline@example.test');
  await signedIn(server.issuer, {
    email: 'offline@example.test',
    params: { scope: 'openid offline_access', prompt: 'consent' },
  });
  movingClock.advance({ hours: 13 });
  await banAccount(server.deps, { accountId: id, reason: undefined });
  await soon(() => web.received.length === 1);
  expect(web.received[0]?.claims).toMatchObject({ sub: id, aud: 'web' });
});

test('and so is one that needs names: by that of the session, which its refresh token kept', async () => {
  const { id } = await person('named@example.test');
  const params = { scope: 'openid offline_access', prompt: 'consent' };
  const { tokens } = await signedIn(server.issuer, { app: SPA, email: 'named@example.test', params });
  movingClock.advance({ hours: 13 });
  await sweepPayloads(deps());
  await banAccount(server.deps, { accountId: id, reason: undefined });
  await soon(() => spa.received.length === 1);
  expect(spa.received[0]?.claims).toMatchObject({ sub: id, aud: 'spa', sid: claimsIn(tokens.idToken)['sid'] });
  await soon(async () => (await notices()).every(({ delivered_at }) => delivered_at !== null));
  expect(spa.received).toHaveLength(1);
});

test('an app that fails is told again, later each time, with the same jti and time in a fresh token', async () => {
  web.answers(503);
  const jane = await signedIn(server.issuer, { email: 'jane@example.test' });
  await signsOut(jane);
  for (const attempt of [1, 2, 3, 4]) {
    await soon(async () => (await failuresOf('web')) === attempt);
    const wait = Number((await noticeTo('web'))?.next_attempt_at) - Date.now();
    expect(wait / 1000).toBeGreaterThan(3.75 * 2 ** (attempt - 1) - 2);
    expect(wait / 1000).toBeLessThan(6.25 * 2 ** (attempt - 1) + 1);
    movingClock.advance({ seconds: wait / 1000 + 0.1 });
  }
  await soon(() => web.received.length === 5);
  web.answers(200);
  movingClock.advance({ minutes: 10 });
  await soon(async () => (await noticeTo('web'))?.delivered_at != null);
  expect(new Set(web.received.map(({ claims }) => claims.jti)).size).toBe(1);
  const [first, last] = [web.received[0], web.received.at(-1)].map((each) => Number(each?.claims['toe']));
  expect(Math.abs(Number(first) - Number(web.received[0]?.claims.iat))).toBeLessThanOrEqual(5);
  expect(Math.abs(Number(last) - Number(first))).toBeLessThanOrEqual(1);
  expect(new Set(web.received.map(({ token }) => token)).size).toBe(web.received.length);
  await web.verified(server.issuer, 'web', web.received.length - 1);
  expect((await noticeTo('web'))?.last_error).toBeNull();
});

test('an app that is down for a day is given up, which the log says, and its notice is kept', async () => {
  web.answers(500);
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  let hours = 0;
  while ((await noticeTo('web'))?.given_up_at === null) {
    const { length } = web.received;
    movingClock.advance({ minutes: 80 });
    server.telling.wake();
    hours += 80 / 60;
    await soon(async () => web.received.length > length || (await noticeTo('web'))?.given_up_at !== null);
    await soon(
      async () =>
        Number((await noticeTo('web'))?.next_attempt_at) > Date.now() || (await noticeTo('web'))?.given_up_at !== null,
    );
  }
  expect(hours).toBeGreaterThan(22);
  expect(hours).toBeLessThan(27);
  await soon(() => server.logLines.some(({ event }) => event === 'logout_notice.given_up'));
  expect(server.logLines.findLast(({ event }) => event === 'logout_notice.given_up')).toMatchObject({
    level: 'warn',
    clientId: 'web',
    reason: 'answers 500',
  });
  movingClock.advance({ days: 2 });
  const { length } = web.received;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(web.received.length).toBe(length);
}, 30_000);

test('an app that says 400 four times is not asked a fifth time', async () => {
  web.answers(400);
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  for (const attempt of [1, 2, 3]) {
    await soon(async () => (await failuresOf('web')) === attempt);
    movingClock.advance({ minutes: 2 });
  }
  await soon(async () => (await noticeTo('web'))?.given_up_at != null);
  expect(web.received).toHaveLength(4);
});

test('a redirect is not followed: it counts as a failure', async () => {
  web.answers((response) => void response.writeHead(307, { location: spa.uri }).end());
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await noticeTo('web'))?.last_error === 'answers 307');
  expect([web.received.length, spa.received.length]).toEqual([1, 0]);
});

test('an answer without end is not read: what counts is its status', async () => {
  web.answers((response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 5);
    response.on('close', () => clearInterval(more));
  });
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await noticeTo('web'))?.delivered_at != null, 1_500);
});

test.each([
  ['something that is no HTTP', 'nonsense\r\n\r\n', /^HPE_/],
  ['a status that no answer has', 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n', /status/],
  ['nothing at all', '', /ECONNRESET|hang up/],
  ['with another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', /without an answer/],
])('an app that answers %s is told again', async (_what, bytes, reason) => {
  web.answers((_response, { socket }) => void socket.end(bytes));
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => reason.test((await noticeTo('web'))?.last_error ?? ''));
});

/** Replaces the file of the web app, and waits until that is in force. */
async function webIsNow(file: string | undefined): Promise<void> {
  const place = path.join(server.configDir, 'clients', 'web.yaml');
  if (file === undefined) rmSync(place);
  else writeFileSync(place, file);
  await server.reload();
}

test('what counts is where the app wants to be told now: a new address, none, or a file that is gone for a moment', async () => {
  onTestFinished(() => webIsNow(webFile(web.uri)));
  web.answers(503);
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await failuresOf('web')) === 1);

  await webIsNow(undefined);
  movingClock.advance({ minutes: 1 });
  await soon(async () => (await noticeTo('web'))?.last_error === 'there is no file for this client');
  const moved = await receiverForTest();
  await webIsNow(webFile(moved.uri));
  movingClock.advance({ minutes: 1 });
  await soon(() => moved.received.length === 1);
  expect(web.received).toHaveLength(1);

  await soon(async () => (await noticeTo('web'))?.delivered_at != null);
  moved.answers(503);
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await notices()).some(({ last_error }) => last_error === 'answers 503'));
  await webIsNow(webFile(undefined));
  movingClock.advance({ minutes: 1 });
  await soon(() => server.logLines.some(({ event }) => event === 'logout_notice.dropped'));
  expect((await notices()).filter(({ delivered_at }) => delivered_at === null)).toEqual([]);
});

test('an app without an address leaves nothing behind', async () => {
  onTestFinished(() => webIsNow(webFile(web.uri)));
  await webIsNow(webFile(undefined));
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await notices()).length === 0);
  expect(web.received).toEqual([]);
});

test('an address on a private network is refused with a line in the log that says what to add', async () => {
  onTestFinished(() => webIsNow(webFile(web.uri)));
  await webIsNow(webFile('https://10.255.255.1/logout'));
  await signsOut(await signedIn(server.issuer, { email: 'jane@example.test' }));
  await soon(async () => (await failuresOf('web')) === 1);
  const why =
    '10.255.255.1 is not a public address; if that is meant, add 10.255.255.1 to outgoing.private_hosts in gatehouse.yaml';
  expect((await noticeTo('web'))?.last_error).toBe(why);
  expect(server.logLines).toContainEqual(
    expect.objectContaining({ level: 'warn', event: 'outgoing.refused', msg: why }),
  );
});

test('T53 requests forged through the server: a key set on a private network is refused as clearly, and the app with it', async () => {
  const keys = `
client_id: keys
preset: service
token_endpoint_auth_method: private_key_jwt
jwks_uri: https://10.255.255.1/jwks
`;
  writeFileSync(path.join(server.configDir, 'clients', 'keys.yaml'), keys);
  onTestFinished(() => rmSync(path.join(server.configDir, 'clients', 'keys.yaml')));
  await server.reload();
  const { privateKey } = await generateKeyPair('ES256');
  const assertion = await new SignJWT({ jti: 'x', iss: 'keys', sub: 'keys', aud: server.issuer })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuedAt(Date.now() / 1000)
    .setExpirationTime(Math.floor(Date.now() / 1000) + 60)
    .sign(privateKey);
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
  const before = server.logLines.length;
  const answer = await fetch(`${server.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
  expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([401, 'invalid_client']);
  expect(server.logLines.slice(before)).toContainEqual(
    expect.objectContaining({ event: 'outgoing.refused', host: '10.255.255.1', address: '10.255.255.1' }),
  );
});

test('a server that stops waits for the app it is telling, seconds at most, and loses nothing of what it did not tell', async () => {
  const receiver = await receiverForTest();
  const other = await startTestServer({ clients: { web: webFile(receiver.uri) } });
  await other.person({ email: 'jane@example.test' });
  receiver.answers(() => undefined);
  const { browser, tokens } = await signedIn(other.issuer, { email: 'jane@example.test' });
  await browser.request(`${other.issuer}/session/end?${new URLSearchParams({ id_token_hint: tokens.idToken })}`);
  await soon(() => receiver.received.length === 1);
  const before = performance.now();
  const again = await other.restart({ clients: { web: webFile(receiver.uri) } });
  onTestFinished(() => again.stop());
  expect(performance.now() - before).toBeGreaterThan(3_000);
  expect(other.logLines).toContainEqual(
    expect.objectContaining({ event: 'logout_notice.failed', reason: 'no answer within 5 seconds' }),
  );
  receiver.answers(200);
  movingClock.advance({ minutes: 1 });
  await soon(() => receiver.received.length === 2);
  expect(receiver.received[1]?.claims.jti).toBe(receiver.received[0]?.claims.jti);
});
