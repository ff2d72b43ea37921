// Wherever a token, a code, a client, a handle or the number of a key (kid) is shown to the server.
import { expect } from 'vitest';
import { post, requestOf, WEB } from '../protocol/apps.ts';
import { assertionForm, type SigningClient } from '../support/signing-client.ts';
import { type TestServer, WEB_SECRET } from '../support/start-server.ts';

const LINKS = [
  '/confirm-email',
  '/invitation',
  '/keep-account',
  '/reset-password',
  '/setup',
  '/undo-email-change',
  '/verify-email',
];

const COOKIES = ['gatehouse_session', 'gatehouse_session.sig', 'gatehouse_interaction', 'gatehouse_resume'];

/** What can stand in a header, or in a cookie. */
const forHeader = (value: string): string => value.replaceAll(/[^\x21-\x7e]/g, '').replaceAll(/[;,]/g, '');

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A JWT with this in its header and in its claims, that nobody has signed. */
const jwt = (value: string): string =>
  `${encode({ alg: 'RS256', kid: value, typ: 'at+jwt' })}.${encode({ jti: value, sub: value, iss: value, client_id: value })}.${'A'.repeat(342)}`;

/** `signer` is a client of the server. How many requests there were. */
export async function showsEverywhere(
  server: TestServer,
  signer: SigningClient,
  values: readonly string[],
): Promise<number> {
  let tried = 0;
  for (const value of values) {
    for (const shown of await requestsWith(server, signer, value)) {
      const { status, url } = await shown;
      expect(status, `${url} with ${value}`).toBeLessThan(500);
      tried += 1;
    }
  }
  return tried;
}

async function requestsWith(
  { issuer }: TestServer,
  signer: SigningClient,
  value: string,
): Promise<readonly Promise<Response>[]> {
  const client = { clientId: 'web', secret: WEB_SECRET };
  const get = (address: string, headers: Record<string, string> = {}) =>
    fetch(`${issuer}${address}`, { redirect: 'manual', headers });
  const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const signed = await signer.assertion(issuer, { jti: value.slice(0, 200) }, { kid: value });
  const tokens = [value, jwt(value)];
  return [
    post(
      `${issuer}/token`,
      { grant_type: 'authorization_code', code: value, code_verifier: 'verifier-'.repeat(5) },
      { client },
    ),
    post(`${issuer}/token`, { grant_type: 'refresh_token', refresh_token: value }, { client }),
    post(`${issuer}/token`, { grant_type: 'refresh_token', refresh_token: value, client_id: value }),
    post(`${issuer}/token`, { grant_type: 'client_credentials' }, { client: { clientId: value, secret: value } }),
    post(`${issuer}/token`, { grant_type: 'client_credentials', ...assertionForm(jwt(value)) }),
    post(`${issuer}/token`, { grant_type: 'client_credentials', ...assertionForm(signed) }),
    ...tokens.flatMap((token) => [
      post(`${issuer}/token/introspection`, { token, token_type_hint: value }, { client }),
      post(`${issuer}/token/revocation`, { token }, { client }),
      post(`${issuer}/me`, { access_token: token }),
      get(`/session/end?${query({ id_token_hint: token, client_id: 'web' })}`),
      get('/api/v1/accounts', { authorization: `Bearer ${forHeader(token)}` }),
      get(requestOf(issuer, WEB, { id_token_hint: token, prompt: 'none' }).url.slice(issuer.length)),
      get(requestOf(issuer, WEB, { request_uri: token }).url.slice(issuer.length)),
    ]),
    get(requestOf(issuer, { ...WEB, clientId: value }).url.slice(issuer.length)),
    get(`/client-logo/${encodeURIComponent(value)}`),
    get(`/interaction/${encodeURIComponent(value)}`),
    get(`/auth/${encodeURIComponent(value)}`),
    get('/account', { cookie: COOKIES.map((name) => `${name}=${forHeader(value)}`).join('; ') }),
    ...LINKS.map((path) => get(`${path}?${query({ token: value })}`)),
  ];
}
