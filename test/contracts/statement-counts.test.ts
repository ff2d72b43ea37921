// How much of the database each operation takes. A figure here falls when a statement is saved, and never rises unsaid.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import {
  authorizationRequest,
  basic,
  callbackOf,
  newBrowser,
  redeem,
  redeemCode,
  signsIn,
  type TokenResponse,
} from '../support/sign-in.ts';
import { API, SPA_CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { type AskedByRequest, countOf, countsStatements, type StatementCounts } from '../support/statement-counts.ts';
import { KINDS, newPerson } from './racing.ts';

const SPA = { clientId: 'spa' };

describe.each(KINDS)('statements on %s', (database) => {
  let server: TestServer;
  let counts: StatementCounts;

  beforeAll(async () => {
    server = await startTestServer({ database, logLevel: 'silent' });
    counts = countsStatements();
  });
  afterAll(async () => {
    counts.stop();
    await server.stop();
  });

  /** Through every page that comes, to the code. */
  async function visit(browser: Browser, params: Record<string, string>, identifier: string) {
    const request = authorizationRequest(server.issuer, params);
    await browser.open(request.url);
    if (browser.page.text.includes('name="password"')) await signsIn(browser, { identifier });
    if (browser.page.text.includes('value="allow"')) await browser.submit({}, 'Allow');
    return { code: callbackOf(browser).get('code') ?? '', verifier: request.verifier };
  }

  async function taking(most: number, work: () => Promise<unknown>): Promise<void> {
    const asked = await counts.during(work);
    expect(countOf(asked), told(asked)).toBeLessThanOrEqual(most);
  }

  const done = ({ status, body }: TokenResponse): Record<string, unknown> => {
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  test('for a first sign-in with consent, from the first request to the tokens', async () => {
    const identifier = await newPerson(server);
    await taking(30, async () => {
      const code = await visit(newBrowser(), { client_id: 'ask' }, identifier);
      done(await redeemCode(server.issuer, code, { clientId: 'ask', secret: WEB_SECRET }));
    });
  });

  test('for the same person at the same app once more', async () => {
    const identifier = await newPerson(server);
    const browser = newBrowser();
    await visit(browser, {}, identifier);
    await taking(11, async () => {
      done(await redeemCode(server.issuer, await visit(browser, {}, identifier)));
    });
  });

  test('for a code', async () => {
    const code = await visit(newBrowser(), {}, await newPerson(server));
    await taking(4, async () => done(await redeemCode(server.issuer, code)));
  });

  test('for a refresh token, with rotation', async () => {
    const params = {
      client_id: 'spa',
      redirect_uri: SPA_CALLBACK,
      prompt: 'consent',
      scope: 'openid profile email roles offline_access',
    };
    const code = await visit(newBrowser(), params, await newPerson(server));
    const tokens = done(await redeemCode(server.issuer, { ...code, redirectUri: SPA_CALLBACK }, SPA));
    const form = { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) };
    await taking(4, async () => done(await redeem(server.issuer, form, SPA)));
  });

  test('for an introspection', async () => {
    const params = { scope: 'openid items:read', resource: API };
    const code = await visit(newBrowser(), params, await newPerson(server));
    const token = String(done(await redeemCode(server.issuer, code))['access_token']);
    await taking(2, async () => {
      const headers = { authorization: basic('web', WEB_SECRET) };
      const body = new URLSearchParams({ token });
      const answer = await fetch(`${server.issuer}/token/introspection`, { method: 'POST', headers, body });
      expect(await answer.json()).toMatchObject({ active: true });
    });
  });

  test('for userinfo', async () => {
    const code = await visit(newBrowser(), {}, await newPerson(server));
    const token = String(done(await redeemCode(server.issuer, code))['access_token']);
    await taking(2, async () => {
      const answer = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(200);
    });
  });
});

const told = (asked: readonly AskedByRequest[]): string =>
  asked.map(({ request, statements }) => [request, ...statements].join('\n  ')).join('\n');
