// RFC 7636, RFC 9700 sections 2.1.1 and 4.8: whoever redeems a code proves to be the one who asked for it.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type App,
  answerAt,
  authorize,
  NATIVE,
  type Params,
  post,
  redeemFor,
  requestOf,
  SPA,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { problemsOf } from '../support/config-files.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const LENIENT: App = { ...WEB, clientId: 'lenient' };

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  const lenient = `
client_id: lenient
preset: web
redirect_uris: ["${CALLBACK}", "https://app.example.test/other"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
require_pkce: false
`;
  server = await startTestServer({ clients: { lenient } });
  await server.person({ email: 'jane@example.test', roles: ['vendor'] });
  await server.person({ email: 'joe@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const newCode = (app: App = WEB, params: Params = {}) => authorize(server.issuer, { app, params, browser: person });

const withVerifier = (app: App, code: string, verifier: string | undefined, redirectUri = app.redirectUri) =>
  post(
    `${server.issuer}/token`,
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      ...(verifier === undefined ? {} : { code_verifier: verifier }),
      ...(app.secret === undefined ? { client_id: app.clientId } : {}),
    },
    { client: app },
  );

const refusal = async (response: Response) => {
  const { error, ...rest } = (await response.json()) as Record<string, unknown>;
  expect(rest).not.toHaveProperty('access_token');
  return [response.status, error];
};

const NATIVE_APP = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

describe('T04 PKCE absent, downgraded or plain: authentik CVE-2023-48228, CVE-2024-23647; better-auth GHSA-9h47-pqcx-hjr4', () => {
  test.each([
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a method without a challenge', { code_challenge: undefined }],
    ['a challenge without a method, which would be plain', { code_challenge_method: undefined }],
    ['the method plain', { code_challenge_method: 'plain' }],
    ['the method s256', { code_challenge_method: 's256' }],
    ['the method none', { code_challenge_method: 'none' }],
    ['an empty challenge', { code_challenge: '' }],
    ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
    ['a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
    ['a challenge with characters that are not base64url', { code_challenge: `${'a'.repeat(42)}+` }],
  ])('a request with %s is sent back as invalid, whatever the client', async (_what, params) => {
    for (const app of [WEB, SPA, NATIVE_APP]) {
      const response = await person.request(requestOf(server.issuer, app, params).url);
      const answer = answerAt(response.headers.get('location'));
      expect(answer.get('error')).toBe('invalid_request');
      expect(answer.has('code')).toBe(false);
    }
  });

  test('a code is refused without the verifier, with a wrong one, and with one of a wrong length, and is not burnt', async () => {
    const { code, request } = await newCode(SPA);
    const wrong = [
      undefined,
      'a'.repeat(43),
      request.verifier.slice(0, 42),
      `${request.verifier}${'a'.repeat(90)}`,
      '',
    ];
    wrong.push(createHash('sha256').update(request.verifier).digest('base64url'), `${request.verifier} `);
    for (const verifier of wrong) {
      expect(await refusal(await withVerifier(SPA, code, verifier))).toEqual([
        400,
        expect.stringMatching(/^invalid_(grant|request)$/),
      ]);
    }
    expect((await redeemFor(server.issuer, SPA, { code, request })).status).toBe(200);
  });

  test.each([43, 128])('a verifier of %d characters, of every kind that is allowed, is accepted', async (length) => {
    const verifier = 'aZ09-._~'.repeat(16).slice(0, length);
    const { code } = await newCode(WEB, { code_challenge: createHash('sha256').update(verifier).digest('base64url') });
    expect((await withVerifier(WEB, code, verifier)).status).toBe(200);
  });

  test.each([42, 129])(
    'a verifier of %d characters is refused even if the challenge was made of it',
    async (length) => {
      const verifier = 'a'.repeat(length);
      const { code } = await newCode(WEB, {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      });
      expect((await refusal(await withVerifier(WEB, code, verifier)))[0]).toBe(400);
    },
  );

  test('a confidential client whose file says so may do without PKCE, but not half of it', async () => {
    const none: Params = { code_challenge: undefined, code_challenge_method: undefined };
    const plain = await newCode(LENIENT, none);
    expect((await withVerifier(LENIENT, plain.code, undefined)).status).toBe(200);

    const injected = await newCode(LENIENT, none);
    expect(await refusal(await withVerifier(LENIENT, injected.code, 'a'.repeat(43)))).toEqual([400, 'invalid_grant']);

    const bound = await newCode(LENIENT);
    expect(await refusal(await withVerifier(LENIENT, bound.code, undefined))).toEqual([400, 'invalid_grant']);
    expect(await refusal(await withVerifier(LENIENT, bound.code, 'a'.repeat(43)))).toEqual([400, 'invalid_grant']);
    expect((await withVerifier(LENIENT, bound.code, bound.request.verifier)).status).toBe(200);

    const downgraded = await person.request(requestOf(server.issuer, LENIENT, { code_challenge_method: 'plain' }).url);
    expect(answerAt(downgraded.headers.get('location')).get('error')).toBe('invalid_request');
  });

  test.each([
    ['spa', 'https://spa.example.test/callback'],
    ['native', 'com.example.app:/callback'],
  ])('no file can free a public client (%s) of PKCE', (preset, uri) => {
    const file = (requirePkce: boolean) =>
      `client_id: app\npreset: ${preset}\nredirect_uris: ["${uri}"]\nrequire_pkce: ${requirePkce}\n`;
    const files = (requirePkce: boolean) => ({
      'config/gatehouse.yaml': 'mfa: optional\n',
      'config/clients/app.yaml': file(requirePkce),
    });
    expect(problemsOf(files(false)).map(({ path }) => path)).toEqual(['require_pkce']);
    expect(problemsOf(files(true))).toEqual([]);
  });

  test('a pushed challenge is the one that counts: nothing beside request_uri takes it away or puts another in its place', async () => {
    const pushes = (params: Params) =>
      post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB, params).url).searchParams, {
        client: WEB,
      });
    expect(await refusal(await pushes({ code_challenge_method: 'plain' }))).toEqual([400, 'invalid_request']);
    expect(await refusal(await pushes({ code_challenge: undefined }))).toEqual([400, 'invalid_request']);
    const theirs = 'a'.repeat(43);
    const challenge = createHash('sha256').update(theirs).digest('base64url');
    for (const beside of [{ code_challenge: '' }, { code_challenge: challenge, code_challenge_method: 'S256' }]) {
      const request = requestOf(server.issuer, WEB);
      const pushed = await post(`${server.issuer}/request`, new URL(request.url).searchParams, { client: WEB });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const front = new URLSearchParams({ client_id: 'web', request_uri, ...beside } as Record<string, string>);
      const answer = answerAt((await person.request(`${server.issuer}/auth?${front}`)).headers.get('location'));
      const code = answer.get('code') ?? '';
      expect(await refusal(await withVerifier(WEB, code, theirs))).toEqual([400, 'invalid_grant']);
      expect(await refusal(await withVerifier(WEB, code, undefined))).toEqual([400, 'invalid_grant']);
      expect((await withVerifier(WEB, code, request.verifier)).status).toBe(200);
    }
  });

  test('apps can read that S256 is all there is', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = (await (await fetch(`${server.issuer}/.well-known/${path}`)).json()) as Record<string, unknown>;
      expect(metadata['code_challenge_methods_supported']).toEqual(['S256']);
    }
  });
});
