// What the shop takes for a message that somebody has signed out, and what it does not.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { logoutTokens } from '../../../examples/shop/back-channel.ts';
import { createSessions } from '../../../examples/shop/session.ts';
import { createShop } from '../../../examples/shop/shop.ts';
import { personNamed } from './person.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const clientId = 'shop';
let issuer: string;
let close: () => void;
let sign: (claims: JWTPayload, header?: Record<string, string>) => Promise<string>;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url === '/keys' ? { keys: [key] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => server.close();
  sign = (claims, header = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'logout+jwt', ...header }).sign(privateKey);
});

afterAll(() => close());

const good = (): JWTPayload => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    aud: clientId,
    iat: now,
    exp: now + 120,
    jti: 'x',
    sub: 'jane',
    sid: 's',
    toe: now - 60,
    events: { [EVENT]: {} },
  };
};

test('a message of the server is taken, with or without the name of a session and the time', async () => {
  const verify = logoutTokens({ issuer, clientId });
  const token = good();
  const verified = { outcome: 'verified', subject: 'jane', sid: 's', endedAt: token['toe'] };
  expect(await verify(await sign(token))).toEqual(verified);
  const { sid: _sid, ...all } = token;
  expect(await verify(await sign(all))).toEqual({ ...verified, sid: undefined });
  const { toe: _toe, ...timeless } = token;
  expect(await verify(await sign(timeless))).toEqual({ ...verified, endedAt: undefined });
});

const WRONG: [string, (claims: JWTPayload) => JWTPayload, Record<string, string>?][] = [
  ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.test' })],
  ['for another app', (claims) => ({ ...claims, aud: 'other' })],
  ['that is over', (claims) => ({ ...claims, iat: 1, exp: 2 })],
  ['with a nonce', (claims) => ({ ...claims, nonce: 'n' })],
  ['without the event', (claims) => ({ ...claims, events: {} })],
  ['with a text for an event', (claims) => ({ ...claims, events: { [EVENT]: 'x' } })],
  ['with a list for events', (claims) => ({ ...claims, events: [EVENT] as never })],
  ['with a text for the time', (claims) => ({ ...claims, toe: 'yesterday' })],
  ['without jti', ({ jti: _jti, ...claims }) => claims],
  ['without exp', ({ exp: _exp, ...claims }) => claims],
  ['about nobody', ({ sub: _sub, sid: _sid, ...claims }) => claims],
  ['that is an ID token', (claims) => claims, { typ: 'JWT' }],
  ['by an unknown key', (claims) => claims, { kid: 'two' }],
];

test.each(WRONG)('a message %s is refused', async (_what, change, header) => {
  const verify = logoutTokens({ issuer, clientId });
  expect(await verify(await sign(change(good()), header))).toMatchObject({ outcome: 'refused' });
});

test('a message with a changed signature, or none, is refused', async () => {
  const verify = logoutTokens({ issuer, clientId });
  const [head, body, signature] = (await sign(good())).split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url');
  for (const token of [`${head}.${body}.AAAA${signature?.slice(4)}`, `${none}.${body}.`, 'nonsense', '']) {
    expect(await verify(token)).toMatchObject({ outcome: 'refused' });
  }
});

describe('sessions', () => {
  const signIn = (sessions: ReturnType<typeof createSessions>, subject: string, sid: string, at?: number) => {
    const person = personNamed(subject, [], at);
    return sessions.begin({ ...person, claims: { ...person.claims, sid } }).id;
  };

  test('end by name, or all of a person, and nobody else’s', () => {
    const sessions = createSessions();
    const [a, b, c] = [signIn(sessions, 'jane', 'a'), signIn(sessions, 'jane', 'b'), signIn(sessions, 'joe', 'c')];
    const open = () => [a, b, c].map((id) => sessions.find(id) !== undefined);
    expect(sessions.endAtServer({ subject: 'joe', sid: 'a', endedAt: undefined })).toBe(0);
    expect(sessions.endAtServer({ subject: 'jane', sid: 'a', endedAt: undefined })).toBe(1);
    expect(open()).toEqual([false, true, true]);
    expect(sessions.endAtServer({ subject: 'jane', sid: undefined, endedAt: undefined })).toBe(1);
    expect(open()).toEqual([false, false, true]);
  });

  test('that somebody has begun since are not ended by a message that comes late, unless it names them', () => {
    const sessions = createSessions();
    const times = [1_000, 2_000, 2_001];
    const ids = times.map((at) => signIn(sessions, 'jane', `at ${at}`, at));
    const open = () => ids.map((id) => sessions.find(id) !== undefined);
    // A refresh does not make it a younger one.
    sessions.replacePerson(String(ids[0]), personNamed('jane', [], 2_500));
    expect(sessions.endAtServer({ subject: 'jane', sid: undefined, endedAt: 2_000 })).toBe(2);
    expect(open()).toEqual([false, false, true]);
    expect(sessions.endAtServer({ subject: 'jane', sid: 'at 2001', endedAt: 2_000 })).toBe(1);
    expect(open()).toEqual([false, false, false]);
  });
});

test('the address answers 200, 400, and 503 while the server’s keys cannot be had', async () => {
  const open = async (at: string) => {
    const shop = createShop({
      url: 'http://localhost:0',
      issuer: at,
      clientId,
      clientSecret: 'secret',
      log: () => undefined,
    });
    onTestFinished(() => shop.close());
    return `${await shop.listen()}/backchannel-logout`;
  };
  const post = async (url: string, body: URLSearchParams | string) =>
    (await fetch(url, { method: 'POST', body })).status;
  const form = async () => new URLSearchParams({ logout_token: await sign(good()) });
  const url = await open(issuer);
  expect(await post(url, await form())).toBe(200);
  expect(await post(url, new URLSearchParams({ logout_token: 'nonsense' }))).toBe(400);
  expect(await post(url, new URLSearchParams())).toBe(400);
  expect(await post(url, 'logout_token=x')).toBe(400);
  expect(await post(url, new URLSearchParams({ logout_token: 'x'.repeat(40_000) }))).toBe(400);
  expect(await post(await open('http://127.0.0.1:1'), await form())).toBe(503);
});
