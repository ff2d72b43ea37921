// RFC 6749 sections 2.3 and 4.4, RFC 7523 as tightened by RFC 10070 (assertions), RFC 9700 section 2.5: how clients prove who
// they are, and what a service gets for itself.
import { randomUUID } from 'node:crypto';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashClientSecret } from '../../src/clients/client-secret.ts';
import { movingClock } from '../support/moving-clock.ts';
import { basic, claimsIn } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { headerOf, post, ROBOT, userinfo } from './apps.ts';
import { withoutReference } from './references.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const STRANGE_SECRET = 'a:b%c+d e&f=g/h?i"j\\k~{}<>|^`-of-more-than-32-characters';
const OLD = 'the-secret-before-the-rotation-1234567890';
const EXPIRED = 'the-secret-of-the-year-before-1234567890-';
const HASHED = 'ghs_secret-of-which-only-the-hash-is-in-the-file';

let server: TestServer;
let rsa: GenerateKeyPairResult;
let elliptic: GenerateKeyPairResult;

beforeAll(async () => {
  [rsa, elliptic] = await Promise.all([generateKeyPair('RS256', { extractable: true }), generateKeyPair('ES256')]);
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(elliptic.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
  ];
  const service = (id: string, more: string) => `client_id: ${id}\npreset: service\n${more}\n`;
  const signing = () => `token_endpoint_auth_method: private_key_jwt\njwks: ${JSON.stringify({ keys })}`;
  server = await startTestServer({
    clients: {
      signer: service('signer', signing()),
      strange: service('strange', `client_secrets: [{ value: ${JSON.stringify(STRANGE_SECRET)} }]`),
      rotating: service(
        'rotating',
        `client_secrets:
  - { value: "${WEB_SECRET}" }
  - { value: "${OLD}", expires: ${new Date(Date.now() + 3_600_000).toISOString()} }
  - { value: "${EXPIRED}", expires: 2020-01-01 }`,
      ),
      hashed: service('hashed', `client_secrets: [{ hash: "${hashClientSecret(HASHED)}" }]`),
      'post-only': service(
        'post-only',
        `token_endpoint_auth_method: client_secret_post\nclient_secrets: [{ value: "${WEB_SECRET}" }]`,
      ),
      'web-service': `
client_id: web-service
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
grant_types: [authorization_code, refresh_token, client_credentials]
`,
    },
  });
});

afterAll(() => server.stop());

const GRANT = { grant_type: 'client_credentials' };

const tokenUrl = () => `${server.issuer}/token`;

async function outcomeOf(response: Response): Promise<string> {
  const body = (await response.json()) as Record<string, unknown>;
  if (response.status === 200) return 'a token';
  expect(body).not.toHaveProperty('access_token');
  return `${response.status} ${String(body['error'])}`;
}

const byBasic = (clientId: string, secret: string) =>
  post(tokenUrl(), GRANT, { headers: { authorization: basic(clientId, secret) } });
const byPost = (clientId: string, secret: string) =>
  post(tokenUrl(), { ...GRANT, client_id: clientId, client_secret: secret });

/* Services */

test('a service gets a JWT of its own for ten minutes, with the roles of its file and no refresh token', async () => {
  const response = await byBasic('robot', WEB_SECRET);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('no-store');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
  for (const name of ['refresh_token', 'id_token']) expect(body).not.toHaveProperty(name);
  const token = String(body['access_token']);
  expect(headerOf(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  const claims = claimsIn(token);
  expect(claims).toMatchObject({
    iss: server.issuer,
    sub: 'robot',
    client_id: 'robot',
    aud: server.issuer,
    roles: ['deployer'],
  });
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600);
  expect((await userinfo(server.issuer, token)).status).toBe(401);
});

test('a service asks for an API and gets the scopes that its file has there, and no others', async () => {
  const ask = (form: Record<string, string>) => post(tokenUrl(), { ...GRANT, ...form }, { client: ROBOT });
  const token = async (response: Response) =>
    claimsIn(((await response.json()) as Record<string, unknown>)['access_token']);
  expect(await token(await ask({ resource: API, scope: 'items:read' }))).toMatchObject({
    aud: API,
    scope: 'items:read',
    roles: ['deployer'],
  });
  for (const scope of ['items:read items:write', 'items:write', 'nonsense', 'openid items:read', 'openid']) {
    const response = await ask({ resource: API, scope });
    if (response.status === 200) expect(['items:read', undefined]).toContain((await token(response))['scope']);
    else expect(await outcomeOf(response)).toBe('400 invalid_scope');
  }
});

test('only clients whose file has the grant get a token of their own, and only the grants we have are there', async () => {
  expect(await outcomeOf(await byBasic('web', WEB_SECRET))).toBe('400 unauthorized_client');
  expect(await outcomeOf(await byBasic('web-service', WEB_SECRET))).toBe('a token');
  expect(await outcomeOf(await post(tokenUrl(), { ...GRANT, client_id: 'spa' }))).toBe('400 unauthorized_client');
  for (const grant of ['authorization_code', 'refresh_token']) {
    const form = {
      grant_type: grant,
      code: 'x',
      redirect_uri: CALLBACK,
      code_verifier: 'x'.repeat(43),
      refresh_token: 'x',
    };
    expect(await outcomeOf(await post(tokenUrl(), form, { client: ROBOT }))).toBe('400 unauthorized_client');
  }
  const absent = [
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:openid:params:grant-type:ciba',
    '__proto__',
  ];
  for (const grant of absent) {
    const form = { grant_type: grant, username: 'jane@example.test', password: 'x', device_code: 'x', assertion: 'x' };
    expect(await outcomeOf(await post(tokenUrl(), form, { client: ROBOT }))).toBe('400 unsupported_grant_type');
  }
  expect(await outcomeOf(await post(tokenUrl(), {}, { client: ROBOT }))).toBe('400 invalid_request');
});

/* Secrets */

test('a secret is taken from the header and from the form', async () => {
  for (const clientId of ['robot', 'post-only']) {
    expect(await outcomeOf(await byBasic(clientId, WEB_SECRET))).toBe('a token');
    expect(await outcomeOf(await byPost(clientId, WEB_SECRET))).toBe('a token');
  }
});

test('a secret may hold any printable character: it is form-encoded in the header (RFC 6749 section 2.3.1)', async () => {
  expect(await outcomeOf(await byPost('strange', STRANGE_SECRET))).toBe('a token');
  const encoded = new URLSearchParams({ s: STRANGE_SECRET }).toString().slice(2);
  const header = `Basic ${Buffer.from(`strange:${encoded}`).toString('base64')}`;
  expect(await outcomeOf(await post(tokenUrl(), GRANT, { headers: { authorization: header } }))).toBe('a token');
});

test('a wrong secret, another client’s, an empty one and none at all get 401 with a challenge where one is due', async () => {
  const wrong = [
    'wrong',
    `${WEB_SECRET}x`,
    WEB_SECRET.slice(0, -1),
    WEB_SECRET.toUpperCase(),
    ` ${WEB_SECRET}`,
    HASHED,
  ];
  for (const secret of wrong) {
    const header = await byBasic('robot', secret);
    expect(header.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(await outcomeOf(header)).toBe('401 invalid_client');
    expect(await outcomeOf(await byPost('robot', secret))).toBe('401 invalid_client');
  }
  for (const response of [
    await byBasic('robot', ''),
    await byPost('robot', ''),
    await post(tokenUrl(), { ...GRANT, client_id: 'robot' }),
    await post(tokenUrl(), GRANT),
    await post(tokenUrl(), GRANT, { headers: { authorization: 'Basic nonsense' } }),
    await post(tokenUrl(), GRANT, { headers: { authorization: `Bearer ${WEB_SECRET}` } }),
  ]) {
    expect(await outcomeOf(response)).toMatch(/^(401 invalid_client|400 invalid_request)$/);
  }
});

test('a client that does not exist gets the same answer as one with a wrong secret', async () => {
  const [unknown, wrong] = [await byBasic('nobody', 'wrong'), await byBasic('robot', 'wrong')];
  expect(unknown.status).toBe(wrong.status);
  const said = async (response: Response) => {
    const body = (await response.json()) as Record<string, unknown>;
    return { ...body, error_description: withoutReference(body['error_description']) };
  };
  expect(await said(unknown)).toEqual(await said(wrong));
});

test('a client may prove itself in one way at a time, and as one client', async () => {
  const headers = { authorization: basic('robot', WEB_SECRET) };
  for (const form of [
    { client_id: 'robot', client_secret: WEB_SECRET },
    { client_id: 'web-service' },
    { client_assertion: 'x', client_assertion_type: ASSERTION },
  ]) {
    expect(await outcomeOf(await post(tokenUrl(), { ...GRANT, ...form }, { headers }))).toBe('400 invalid_request');
  }
});

test('a secret in the address is none', async () => {
  const query = new URLSearchParams({ client_id: 'robot', client_secret: WEB_SECRET });
  expect(await outcomeOf(await post(`${tokenUrl()}?${query}`, GRANT))).not.toBe('a token');
  expect(await outcomeOf(await post(`${tokenUrl()}?${query}&grant_type=client_credentials`, {}))).not.toBe('a token');
});

test('while a secret is replaced both work, until the old one expires', async () => {
  expect(await outcomeOf(await byBasic('rotating', WEB_SECRET))).toBe('a token');
  expect(await outcomeOf(await byBasic('rotating', OLD))).toBe('a token');
  expect(await outcomeOf(await byBasic('rotating', EXPIRED))).toBe('401 invalid_client');
  movingClock.advance({ minutes: 61 });
  expect(await outcomeOf(await byBasic('rotating', OLD))).toBe('401 invalid_client');
  expect(await outcomeOf(await byPost('rotating', OLD))).toBe('401 invalid_client');
  expect(await outcomeOf(await byBasic('rotating', WEB_SECRET))).toBe('a token');
});

test('of a hashed secret only the secret works: not the hash, nor anything the engine holds in its place', async () => {
  expect(await outcomeOf(await byBasic('hashed', HASHED))).toBe('a token');
  expect(await outcomeOf(await byPost('hashed', HASHED))).toBe('a token');
  const hash = hashClientSecret(HASHED);
  const { clientSecret: held } = (await server.engine.provider().Client.find('hashed')) as unknown as {
    clientSecret: string;
  };
  expect(held).toBeTypeOf('string');
  for (const secret of [hash, hash.split('$').at(-1) ?? '', held]) {
    expect(await outcomeOf(await byBasic('hashed', secret))).toBe('401 invalid_client');
    expect(await outcomeOf(await byPost('hashed', secret))).toBe('401 invalid_client');
  }
});

/* Assertions */

const now = () => Math.floor(movingClock.now().getTime() / 1000);

const assertionClaims = (clientId: string, changes: Record<string, unknown> = {}) => ({
  iss: clientId,
  sub: clientId,
  aud: server.issuer,
  jti: randomUUID(),
  iat: now(),
  exp: now() + 60,
  ...changes,
});

const signed = (
  clientId: string,
  changes: Record<string, unknown> = {},
  { key = rsa.privateKey, header = { alg: 'RS256', kid: 'rsa' } as JWTHeaderParameters } = {},
) => new SignJWT(assertionClaims(clientId, changes)).setProtectedHeader(header).sign(key);

const byAssertion = (assertion: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  post(tokenUrl(), { ...GRANT, client_assertion: assertion, client_assertion_type: ASSERTION, ...form }, { headers });

test('a client proves itself with a key: RS256 or ES256, for the issuer', async () => {
  expect(await outcomeOf(await byAssertion(await signed('signer')))).toBe('a token');
  expect(await outcomeOf(await byAssertion(await signed('signer'), { client_id: 'signer' }))).toBe('a token');
  const es256 = await signed('signer', {}, { key: elliptic.privateKey, header: { alg: 'ES256', kid: 'ec' } });
  expect(await outcomeOf(await byAssertion(es256))).toBe('a token');
});

test('a client with a key has no secret, and one with a secret no key', async () => {
  const { clientSecret } = (await server.engine.provider().Client.find('signer')) as unknown as {
    clientSecret: unknown;
  };
  for (const secret of [WEB_SECRET, String(clientSecret), 'undefined']) {
    expect(await outcomeOf(await byBasic('signer', secret))).toBe('401 invalid_client');
  }
  expect(await outcomeOf(await post(tokenUrl(), { ...GRANT, client_id: 'signer' }))).toBe('401 invalid_client');
  expect(await outcomeOf(await byAssertion(await signed('robot')))).toBe('401 invalid_client');
});
