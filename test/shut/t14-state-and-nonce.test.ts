// State and nonce belong to the app: they come back as they were, and an app that sends none gets none.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ASK,
  answerAt,
  authorize,
  formFieldsOf,
  post,
  refresh,
  requestOf,
  SPA,
  signedIn,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { callbackOf, claimsIn, newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const STATES = {
  'letters of many alphabets': 'żółw-漢字-🙂-\u00e9-e\u0301',
  'a letter in two spellings': '\u212b \u00c5 A\u030a',
  'quotes and markup': `"'<script>alert(1)</script>&amp;\`\\`,
  'what looks like more parameters': 'a=b&code=stolen&iss=https://evil.test#x?y',
  'blanks and plus signs': ' a + b%20c ',
  'a line break and a header': 'x\r\nSet-Cookie: stolen=1\r\nLocation: https://evil.test\r\n\r\n<html>',
  'an encoded line break': 'x%0d%0aSet-Cookie:%20stolen=1',
  'two kilobytes': 'Zz9~-._'.repeat(300).slice(0, 2048),
  'JSON in base64url': Buffer.from(JSON.stringify({ csrf: 'x'.repeat(40), to: '/?a=b' })).toString('base64url'),
};

describe('T14 state and nonce: CVE-2026-15612 (an absent nonce skipped the check), OpenID Connect Core 12.2', () => {
  test.each(Object.entries(STATES))('state with %s comes back untouched, and makes no header', async (_what, state) => {
    const usual = await newBrowser().request(requestOf(server.issuer, WEB, { state: 'x', prompt: 'none' }).url);
    const code = await person.request(requestOf(server.issuer, WEB, { state }).url);
    const error = await newBrowser().request(requestOf(server.issuer, WEB, { state, prompt: 'none' }).url);
    for (const response of [code, error]) {
      const answer = answerAt(response.headers.get('location'));
      expect(answer.getAll('state')).toEqual([state]);
      expect(answer.getAll('iss')).toEqual([server.issuer]);
      expect(answer.get('code')).not.toBe('stolen');
      expect(response.headers.get('set-cookie') ?? '').not.toContain('stolen');
    }
    expect([...error.headers.keys()].sort()).toEqual([...usual.headers.keys()].sort());
    expect(answerAt(code.headers.get('location')).has('code')).toBe(true);
    expect(answerAt(error.headers.get('location')).get('error')).toBe('login_required');
  });

  test.each(Object.entries(STATES))(
    'state with %s comes back by form, and from a pushed request',
    async (_what, state) => {
      const form = await person.request(requestOf(server.issuer, WEB, { state, response_mode: 'form_post' }).url);
      // Browsers read a line break of an attribute as it is, and send it as CRLF.
      expect(formFieldsOf(await form.text())['state']).toBe(state);
      const params = new URL(requestOf(server.issuer, WEB, { state }).url).searchParams;
      const pushed = await post(`${server.issuer}/request`, params, { client: WEB });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const front = `${server.issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri, state: 'another' })}`;
      expect(answerAt((await person.request(front)).headers.get('location')).getAll('state')).toEqual([state]);
    },
  );

  test('state comes back untouched through every page of a sign-in', async () => {
    const state = Object.values(STATES).slice(0, 7).join('');
    const browser = await newBrowser().open(requestOf(server.issuer, ASK, { state }).url);
    await signsIn(browser, { identifier: 'jane@example.test' });
    await browser.submit({}, 'Allow');
    expect(callbackOf(browser).get('state')).toBe(state);
  });

  test('without state there is none in the answer', async () => {
    const response = await person.request(requestOf(server.issuer, WEB, { state: undefined }).url);
    expect([...answerAt(response.headers.get('location')).keys()].sort()).toEqual(['code', 'iss']);
  });

  test.each(Object.entries(STATES))('a nonce with %s stands in the ID token as it was sent', async (_what, nonce) => {
    const { tokens } = await signedIn(server.issuer, { browser: person, params: { nonce } });
    expect(claimsIn(tokens.idToken)['nonce']).toBe(nonce);
  });

  test('no nonce sent is no nonce in the ID token, and none of an earlier request', async () => {
    for (const nonce of [undefined, '']) {
      const { tokens } = await signedIn(server.issuer, { browser: person, params: { nonce } });
      expect(claimsIn(tokens.idToken)).not.toHaveProperty('nonce');
    }
  });

  test('the ID token of a refresh has the nonce of its sign-in or none, and is about the same sign-in', async () => {
    for (const app of [WEB, SPA]) {
      for (const nonce of ['of-the-sign-in', undefined]) {
        const { tokens } = await signedIn(server.issuer, { app, browser: person, params: { nonce } });
        const { body } = await refresh(server.issuer, app, tokens.refreshToken, { nonce: 'of-the-refresh' });
        const [before, after] = [claimsIn(tokens.idToken), claimsIn(body['id_token'])];
        expect([undefined, nonce]).toContain(after['nonce']);
        for (const name of ['iss', 'sub', 'aud', 'auth_time']) expect(after[name], name).toEqual(before[name]);
      }
    }
  });
});
