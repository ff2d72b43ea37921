// Every answer of the authorization endpoint says who it is from, so that an app with several servers cannot be mixed up.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  formFieldsOf,
  NATIVE,
  type Params,
  post,
  requestOf,
  SPA,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const STAFF: App = { ...WEB, clientId: 'staff' };
const PUSHING: App = { ...WEB, clientId: 'pushing' };
const NATIVE_APP: App = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

let server: TestServer;
/** Byte for byte what apps compare with. */
let issuer: string;
/** Signed in with a password, without roles. */
let person: Browser;
/** Answers seen by all tests here. */
let paths = 0;

beforeAll(async () => {
  const client = ({ clientId }: App, more: string) => `
client_id: ${clientId}
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
${more}
`;
  server = await startTestServer({
    clients: {
      staff: client(STAFF, 'access: { require_any_role: [staff] }'),
      pushing: client(PUSHING, 'require_pushed_authorization_requests: true'),
    },
  });
  await server.person({ email: 'jane@example.test' });
  await server.person({ email: 'kim@example.test', roles: ['staff'] });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
  const metadata = await fetch(`${server.issuer}/.well-known/openid-configuration`);
  ({ issuer } = (await metadata.json()) as { issuer: string });
});

afterAll(() => server.stop());

const ERRORS: readonly (Params & { error: string; signedOut?: 'yes' })[] = [
  { error: 'login_required', prompt: 'none', signedOut: 'yes' },
  { error: 'login_required', prompt: 'none', max_age: '0' },
  { error: 'consent_required', client_id: ASK.clientId, prompt: 'none' },
  { error: 'access_denied', client_id: STAFF.clientId, prompt: 'none' },
  { error: 'unmet_authentication_requirements', prompt: 'none', acr_values: 'mfa' },
  { error: 'invalid_request', client_id: PUSHING.clientId },
  { error: 'invalid_request', code_challenge: undefined },
  { error: 'invalid_request', code_challenge_method: 'plain' },
  { error: 'invalid_request', prompt: 'none login' },
  { error: 'invalid_request', prompt: 'nonsense' },
  { error: 'invalid_request', max_age: '-1' },
  { error: 'invalid_request', max_age: 'soon' },
  { error: 'invalid_request', id_token_hint: 'nonsense' },
  { error: 'invalid_request', response_type: undefined },
  { error: 'invalid_target', resource: 'https://unknown.example.test' },
  { error: 'invalid_target', resource: 'no-uri' },
  { error: 'unsupported_response_type', response_type: 'token' },
  { error: 'unsupported_response_mode', response_mode: 'web_message' },
  { error: 'unsupported_response_mode', response_mode: 'query.jwt' },
  { error: 'unsupported_response_mode', response_mode: 'fragment' },
  { error: 'request_not_supported', request: 'eyJhbGciOiJub25lIn0.e30.' },
  { error: 'request_uri_not_supported', request_uri: 'https://app.example.test/request.jwt' },
  { error: 'registration_not_supported', registration: '{}' },
];

/** What the app was told; every one of them counts. */
function checked(answer: URLSearchParams): URLSearchParams {
  expect(answer.getAll('iss')).toEqual([issuer]);
  paths += 1;
  return answer;
}

async function answerTo(url: string, browser: Browser = person): Promise<URLSearchParams> {
  const response = await browser.request(url);
  const html = await response.text();
  const location = response.headers.get('location');
  return checked(location === null ? new URLSearchParams(formFieldsOf(html)) : answerAt(location));
}

describe('T13 mix-up: RFC 9207, GHSA-x445-f3h2-j279', () => {
  afterEach(() => {
    expect(server.logLines.filter(({ event }) => event === 'server_error')).toEqual([]);
  });

  test('the issuer of the metadata is the one that is configured, and answers are announced to carry it', async () => {
    expect(issuer).toBe(server.issuer);
    const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).toMatchObject({ issuer, authorization_response_iss_parameter_supported: true });
  });

  test.each(ERRORS)(
    'an app that may be answered hears $error with state and iss, and gets no code: %o',
    async (given) => {
      const { error, signedOut, ...params } = given;
      const modes: Params[] = params['response_mode'] === undefined ? [{}, { response_mode: 'form_post' }] : [{}];
      for (const mode of modes) {
        const request = requestOf(issuer, WEB, { ...params, ...mode });
        const answer = await answerTo(request.url, signedOut === 'yes' ? newBrowser() : person);
        expect(answer.get('error')).toBe(error);
        expect(answer.get('state')).toBe(request.state);
        const others = [...answer.keys()].filter(
          (key) => !['error', 'error_description', 'iss', 'state'].includes(key),
        );
        expect(others).toEqual([]);
      }
    },
  );

  test.each([WEB, SPA, NATIVE_APP])('the issuer comes with each code, once ($clientId)', async (app) => {
    const ways: Params[] = [{}, { prompt: 'none' }, { response_mode: 'query' }, { response_mode: 'form_post' }];
    for (const params of [...ways, { prompt: 'none', response_mode: 'form_post' }]) {
      const answer = await answerTo(requestOf(issuer, app, params).url);
      expect([...answer.keys()].sort(), JSON.stringify(params)).toEqual(['code', 'iss', 'state']);
    }
  });

  test('it comes with what a pushed request is answered: a code and an error', async () => {
    for (const [params, key] of [
      [{}, 'code'],
      [{ prompt: 'none', max_age: '0' }, 'error'],
      [{ response_mode: 'form_post' }, 'code'],
    ] as const) {
      const form = new URL(requestOf(issuer, WEB, params).url).searchParams;
      const pushed = await post(`${issuer}/request`, form, { client: WEB });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const front = `${issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri })}`;
      expect((await answerTo(front)).has(key)).toBe(true);
    }
  });

  test('it comes at the end of a sign-in with pages: with a code, after Deny, after Cancel, without the role', async () => {
    const allowed = await newBrowser().open(requestOf(issuer, ASK).url);
    await signsIn(allowed, { identifier: 'jane@example.test' });
    await allowed.submit({}, 'Allow');
    expect(checked(callbackOf(allowed)).has('code')).toBe(true);

    const denied = await newBrowser().open(requestOf(issuer, ASK, { prompt: 'consent' }).url);
    await signsIn(denied, { identifier: 'jane@example.test' });
    await denied.submit({}, 'Deny');
    const request = requestOf(issuer, WEB);
    const gone = await newBrowser().open(request.url);
    await gone.submit({}, 'Cancel');
    expect(callbackOf(gone).get('state')).toBe(request.state);
    const stranger = await newBrowser().open(requestOf(issuer, STAFF).url);
    await signsIn(stranger, { identifier: 'jane@example.test' });
    await stranger.submit({}, 'Back to');
    for (const browser of [denied, gone, stranger]) {
      const answer = checked(callbackOf(browser));
      expect(answer.get('error')).toBe('access_denied');
      expect(answer.has('code')).toBe(false);
    }
  });

  test('that were all the paths there are: 100 % of them had it', () => {
    const inOneMode = ERRORS.filter((params) => params['response_mode'] !== undefined).length;
    expect(paths).toBe(ERRORS.length * 2 - inOneMode + 3 * 5 + 3 + 4);
    expect(paths).toBeGreaterThan(60);
  });
});
