// RFC 9068 section 4, RFC 8725: tokens that somebody made, changed, or was given for something else.
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { deriveKey } from '../../../src/crypto/derived-keys.ts';
import { createSealedBox } from '../../../src/crypto/sealed-box.ts';
import { listSigningKeys } from '../../../src/keys/signing-keys.ts';
import { movingClock } from '../../support/moving-clock.ts';
import { claimsIn } from '../../support/sign-in.ts';
import { freePort, type TestServer } from '../../support/start-server.ts';
import { MASTER_SECRET, type OpenApi, openApi, passwordTokens, startIssuer } from './setting.ts';

let server: TestServer;
let api: OpenApi;
let tokens: Awaited<ReturnType<typeof passwordTokens>>;

beforeAll(async () => {
  server = await startIssuer();
  api = await openApi({ issuer: server.issuer });
  tokens = await passwordTokens(server, { email: 'vera@example.test', roles: ['vendor'] });
});

afterAll(async () => {
  await api?.close();
  await server?.stop();
});

/** 401 and invalid_token, with a sentence that holds nothing out of the token. */
async function isRefused(token: string, what: string, description?: string): Promise<void> {
  const { status, challenge, body } = await api.get('/earnings', token);
  expect(`${what}: ${status}`).toBe(`${what}: 401`);
  expect(challenge, what).toMatch(/^Bearer realm="Shop API", error="invalid_token", error_description="[\w ,.]+"$/);
  if (description !== undefined) expect(body['detail'], what).toBe(description);
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const headerOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString('utf8'));

test('no token is believed by its own word: alg none, our public key as a secret, keys and addresses it brings (T11)', async () => {
  const { accessToken } = tokens;
  expect((await api.get('/earnings', accessToken)).status).toBe(200);
  const claims = claimsIn(accessToken) as JWTPayload;
  const real = headerOf(accessToken);
  const [, payload = '', signature = ''] = accessToken.split('.');
  const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: Record<string, string>[] };
  const pem = createPublicKey({ key: keys[0] as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const mine = await generateKeyPair('RS256');
  const myJwk = { ...(await exportJWK(mine.publicKey)), alg: 'RS256', use: 'sig', kid: real.kid };
  const visited: string[] = [];
  const canary = createServer((request, response) => {
    visited.push(request.url ?? '');
    response.end(JSON.stringify({ keys: [myJwk] }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void canary.close());
  await new Promise((resolve) => canary.once('listening', resolve));
  const address = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/jwks`;
  const signedByMe = (header: Record<string, unknown> = {}) =>
    new SignJWT(claims).setProtectedHeader({ ...real, ...header }).sign(mine.privateKey);
  const symmetric = (secret: string) =>
    new SignJWT(claims).setProtectedHeader({ ...real, alg: 'HS256' }).sign(Buffer.from(secret));
  const forged = {
    'alg none': `${encode({ ...real, alg: 'none' })}.${encode(claims)}.`,
    'alg none with a signature': `${encode({ ...real, alg: 'none' })}.${payload}.${signature}`,
    'no alg': `${encode({ ...real, alg: undefined })}.${payload}.${signature}`,
    'HS256 with the public key as PEM': await symmetric(pem.toString()),
    'HS256 with the public key as JWK': await symmetric(JSON.stringify(keys[0])),
    'HS256 with the modulus': await symmetric(String(keys[0]?.['n'])),
    'another key under the same kid': await signedByMe(),
    'a kid that nobody published': await signedByMe({ kid: 'mine' }),
    'a path as kid': await signedByMe({ kid: '../../../../etc/passwd' }),
    'no kid': await signedByMe({ kid: undefined }),
    'its own key': await signedByMe({ jwk: myJwk }),
    'an address of keys': await signedByMe({ jku: address, kid: 'mine' }),
    'an address of a certificate': await signedByMe({ x5u: address }),
    'an unknown critical header': `${encode({ ...real, crit: ['x'], x: 1 })}.${payload}.${signature}`,
    ...Object.fromEntries(
      [
        { alg: ['RS256'] },
        { alg: {} },
        { kid: {} },
        { kid: 0 },
        { typ: 1 },
        { crit: [] },
        { crit: 'x' },
        { jwk: 1 },
      ].map((odd) => [JSON.stringify(odd), `${encode({ ...real, ...odd })}.${payload}.${signature}`]),
    ),
    'a header that is a list': `${encode([real])}.${payload}.${signature}`,
    'a header that is nothing': `${encode(null)}.${payload}.${signature}`,
    'an unencoded payload': `${encode({ ...real, b64: false, crit: ['b64'] })}.${payload}.${signature}`,
  };
  for (const [what, token] of Object.entries(forged)) await isRefused(token, what);
  expect(visited).toEqual([]);
});

test('what our own key has signed for another purpose is no access token for this API (T09)', async () => {
  const [key] = await listSigningKeys({
    db: server.database.db,
    box: createSealedBox(deriveKey(MASTER_SECRET, 'sealing')),
  });
  const claims = claimsIn(tokens.accessToken);
  const header = headerOf(tokens.accessToken);
  const sign = async (changes: Record<string, unknown>, otherHeader: Record<string, unknown> = {}) => {
    const protectedHeader = { ...header, ...otherHeader };
    const privateKey = await importJWK({ ...key?.privateJwk, alg: protectedHeader.alg } as JWK, protectedHeader.alg);
    return new SignJWT({ ...claims, ...changes } as JWTPayload).setProtectedHeader(protectedHeader).sign(privateKey);
  };
  // The control: signed again without a change it is as good as the one we were given.
  expect((await api.get('/earnings', await sign({}))).status).toBe(200);
  expect((await api.get('/earnings', await sign({}, { typ: 'application/at+jwt' }))).status).toBe(200);
  const now = Math.floor(movingClock.now().getTime() / 1000);
  const wrong: [string, Promise<string>, string?][] = [
    ['type JWT', sign({}, { typ: 'JWT' }), 'it is not an access token'],
    ['no type', sign({}, { typ: undefined }), 'it is not an access token'],
    ['type of a logout token', sign({}, { typ: 'logout+jwt' }), 'it is not an access token'],
    ['PS256 by the same key', sign({}, { alg: 'PS256' }), 'the issuer publishes no such key'],
    [
      'RS512 by the same key',
      sign({}, { alg: 'RS512' }),
      'it is signed with an algorithm that the issuer does not use',
    ],
    ['another issuer', sign({ iss: 'https://evil.test' }), 'it is from another issuer'],
    ['a longer issuer', sign({ iss: `${server.issuer}/` }), 'it is from another issuer'],
    ['no issuer', sign({ iss: undefined })],
    ['for the issuer only', sign({ aud: server.issuer }), 'it is for another audience'],
    ['no audience', sign({ aud: undefined })],
    ['expired a minute ago', sign({ exp: now - 60 }), 'it has expired'],
    ['no end', sign({ exp: undefined })],
    ['an end that is text', sign({ exp: '9999999999' })],
    ['not valid yet', sign({ nbf: now + 3600 }), 'it is not valid yet'],
    ['nobody’s', sign({ sub: undefined })],
    ['no client’s', sign({ client_id: undefined })],
    ['no identifier', sign({ jti: undefined })],
    ['bound to a key', sign({ cnf: { jkt: 'x'.repeat(43) } })],
  ];
  for (const [what, token, description] of wrong) await isRefused(await token, what, description);
  const unlimited = { scope: ['earnings:read'], roles: 'shop-admin' };
  expect((await api.get('/earnings', await sign(unlimited))).status).toBe(403);
  expect((await api.get('/payouts', await sign({ ...unlimited, scope: 'earnings:read' }))).status).toBe(403);
});

test('an ID token, a refresh token and a token of another server are refused (T09)', async () => {
  await isRefused(tokens.idTokenText, 'an ID token');
  await isRefused(String(tokens.refreshToken), 'a refresh token');
  const other = await startIssuer();
  onTestFinished(() => other.stop());
  const foreign = await passwordTokens(other, { email: 'vera@example.test', roles: ['vendor'] });
  await isRefused(foreign.accessToken, 'another server’s');
});

test('a token that was changed anywhere, cut off or put together anew is refused', async () => {
  const { accessToken } = tokens;
  const [header = '', payload = '', signature = ''] = accessToken.split('.');
  const claims = claimsIn(accessToken);
  const changed = [
    `${header}.${encode({ ...claims, roles: ['vendor', 'shop-admin'] })}.${signature}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    `${header}.${payload}`,
    `${accessToken}.${signature}`,
    accessToken.slice(0, -1),
    'e30.e30.e30',
    '..',
    'opaque',
    'x'.repeat(8000),
  ];
  for (const [index, token] of changed.entries()) await isRefused(token, `change ${index}`);
  for (let at = 0; at < accessToken.length - 2; at += 7) {
    const flipped = accessToken[at] === 'A' ? 'B' : 'A';
    await isRefused(`${accessToken.slice(0, at)}${flipped}${accessToken.slice(at + 1)}`, `character ${at}`);
  }
});

test('without the server’s keys nobody is told that their token is bad, and they are found later', async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const early = await openApi({ issuer });
  onTestFinished(() => early.close());
  const reply = await early.get('/earnings', tokens.accessToken);
  expect(reply).toMatchObject({ status: 503, challenge: null });
  expect(reply.headers.get('retry-after')).toBe('5');
  expect(JSON.stringify(reply.body)).not.toMatch(/localhost|ECONN/);
  expect((await early.get('/earnings')).status).toBe(401);
  // What needs no keys to be seen through is refused all the same.
  expect((await early.get('/earnings', `${encode({ alg: 'none' })}.e30.`)).status).toBe(401);

  const late = await startIssuer({ PORT: String(port), GATEHOUSE_ISSUER: issuer });
  onTestFinished(() => late.stop());
  const { accessToken } = await passwordTokens(late, { email: 'late@example.test' });
  expect((await early.get('/earnings', accessToken)).status).toBe(200);
});

test('new keys are found by themselves, and made-up ones are not asked after again and again', async () => {
  const port = await freePort();
  const env = { PORT: String(port), GATEHOUSE_ISSUER: `http://localhost:${port}` };
  const first = await startIssuer(env);
  const lasting = await openApi({ issuer: first.issuer });
  onTestFinished(() => lasting.close());
  const before = await passwordTokens(first, { email: 'one@example.test' });
  expect((await lasting.get('/earnings', before.accessToken)).status).toBe(200);
  await first.stop();

  // Another database under the same address, so other keys.
  const second = await startIssuer(env);
  onTestFinished(() => second.stop());
  const after = await passwordTokens(second, { email: 'two@example.test' });
  expect((await lasting.get('/earnings', after.accessToken)).body['detail']).toBe('the issuer publishes no such key');
  movingClock.advance({ seconds: 31 });
  expect((await lasting.get('/earnings', after.accessToken)).status).toBe(200);
});

test('a token is good until it expires and for a few seconds of difference between clocks, and then no longer', async () => {
  const { accessToken } = await passwordTokens(server, { email: 'otto@example.test' });
  movingClock.advance({ seconds: 305 });
  expect((await api.get('/earnings', accessToken)).status).toBe(200);
  movingClock.advance({ seconds: 10 });
  await isRefused(accessToken, 'expired', 'it has expired');
});
