// The engine prints NOTICE and WARNING where something was left to its defaults. Nothing is.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { authorizationRequest, basic, redeem } from '../support/sign-in.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { errorOf, tokensOf, userinfo, visits, visitsAndSignsIn } from '../support/visits.ts';

const printed: string[] = [];
let server: TestServer;

beforeAll(async () => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void printed.push(words.join(' ')));
  }
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void printed.push(String(warning)));
  server = await startTestServer();
  await server.person({ email: 'ada@example.test' });
});

afterAll(async () => {
  await server.stop();
  vi.restoreAllMocks();
});

const post = (path: string, form: Record<string, string>): Promise<Response> =>
  fetch(`${server.issuer}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { authorization: basic('web', WEB_SECRET) },
  });

test('through everything that people and apps do the engine has nothing to remark', async () => {
  const { browser, request } = await visitsAndSignsIn(server, {
    identifier: 'ada@example.test',
    params: { client_id: 'ask', scope: 'openid profile email roles offline_access' },
  });
  await browser.submit({}, 'Allow');
  const tokens = await tokensOf(server, { browser, request });
  expect((await userinfo(server, tokens)).status).toBe(200);
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken };
  expect((await redeem(server.issuer, refresh, { clientId: 'ask', secret: WEB_SECRET })).status).toBe(200);
  const service = { clientId: 'robot', secret: WEB_SECRET };
  expect((await redeem(server.issuer, { grant_type: 'client_credentials' }, service)).status).toBe(200);
  expect((await post('/token/introspection', { token: tokens.refreshToken ?? '' })).status).toBe(200);
  expect((await post('/token/revocation', { token: tokens.refreshToken ?? '' })).status).toBe(200);
  const pushed = Object.fromEntries(new URL(authorizationRequest(server.issuer).url).searchParams);
  expect((await post('/request', pushed)).status).toBe(201);
  expect(errorOf(await visits(server, { prompt: 'none', client_id: 'web', acr_values: 'mfa' }, browser.newTab()))).toBe(
    'unmet_authentication_requirements',
  );
  expect((await visits(server, { client_id: 'nobody' })).browser.page.status).toBe(400);
  expect((await visits(server, { response_mode: 'form_post' }, browser.newTab())).browser.page.text).toContain('code');
  expect((await fetch(`${server.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  expect((await fetch(`${server.issuer}/jwks`)).status).toBe(200);
  const page = await browser.newTab().open(`${server.issuer}/session/end`);
  await page.submit({}, 'Sign out');
  expect(page.title).toMatch(/signed out/i);
  expect(printed).toEqual([]);
});

test('what the engine prints would have been caught', () => {
  console.warn('oidc-provider WARNING: a planted one');
  expect(printed.some((line) => line.includes('planted'))).toBe(true);
});
