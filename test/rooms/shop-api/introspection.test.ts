// RFC 7662: the API asks about tokens where five minutes are too long to wait for a revocation.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { basic } from '../../support/sign-in.ts';
import { type TestServer, WEB_SECRET } from '../../support/start-server.ts';
import { type OpenApi, openApi, secondFactorTokens, startIssuer } from './setting.ts';

const ACCOUNT = { holder: 'Vera Vendor', iban: 'DE89370400440532013000' };

let server: TestServer;

beforeAll(async () => {
  server = await startIssuer();
});

afterAll(() => server?.stop());

async function apiWith(clientSecret: string | undefined): Promise<OpenApi> {
  const credentials = clientSecret === undefined ? undefined : { clientId: 'shop-api', clientSecret };
  const api = await openApi({ issuer: server.issuer, credentials });
  onTestFinished(() => api.close());
  return api;
}

const revokes = (token: string | undefined) =>
  fetch(`${server.issuer}/token/revocation`, {
    method: 'POST',
    headers: { authorization: basic('web', WEB_SECRET) },
    body: new URLSearchParams({ token: String(token) }),
  });

test('a revoked token is refused at once where it moves money, and elsewhere when it expires', async () => {
  const asking = await apiWith(WEB_SECRET);
  const believing = await apiWith(undefined);
  const tokens = await secondFactorTokens(server, { email: 'vera@example.test' });
  expect((await asking.put(ACCOUNT, tokens.accessToken)).status).toBe(200);
  await revokes(tokens.accessToken);
  const refused = await asking.put(ACCOUNT, tokens.accessToken);
  expect(refused.status).toBe(401);
  expect(refused.challenge).toContain('error="invalid_token", error_description="it has been revoked"');
  expect((await asking.get('/earnings', tokens.accessToken)).status).toBe(200);
  expect((await believing.put(ACCOUNT, tokens.accessToken)).status).toBe(200);
});

test('a token whose grant is revoked is refused at once', async () => {
  const asking = await apiWith(WEB_SECRET);
  const tokens = await secondFactorTokens(server, { email: 'otto@example.test' });
  await revokes(tokens.refreshToken);
  expect((await asking.put(ACCOUNT, tokens.accessToken)).status).toBe(401);
});

test('an API that may not ask changes nothing, and blames nobody', async () => {
  const wrong = await apiWith('another-secret-of-at-least-32-characters');
  const tokens = await secondFactorTokens(server, { email: 'ines@example.test' });
  expect(await wrong.put(ACCOUNT, tokens.accessToken)).toMatchObject({ status: 503, challenge: null });
  expect((await wrong.get('/earnings', tokens.accessToken)).body['payout_account']).toBeNull();
});
