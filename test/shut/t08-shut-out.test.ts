// What a token stands on is asked for each time it is shown: the person, the consent, the app. What is gone is gone at once.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccountByIdentifier } from '../../src/accounts/accounts.ts';
import { disconnectApp } from '../../src/sessions/connected-apps.ts';
import { gatehouse } from '../cli/command-line.ts';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  post,
  redeemFor,
  refresh,
  requestOf,
  signedIn,
  userinfo,
} from '../protocol/apps.ts';
import { administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const API_SERVER = { clientId: 'api-server', secret: WEB_SECRET };
const GONE: App = { ...ASK, clientId: 'gone' };

let server: TestServer;

beforeAll(async () => {
  const clientOf = (id: string) => `
client_id: ${id}
client_name: Asking App
preset: web
redirect_uris: ["${ASK.redirectUri}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read"] }
`;
  const apiServer = `client_id: api-server\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nintrospect: ["${API}"]\n`;
  server = await startTestServer({
    clients: { 'api-server': apiServer, gone: clientOf('gone') },
    watching: { events: false },
  });
});

afterAll(() => server.stop());

/** At the command line, on the database that the server runs with. */
async function says(...words: string[]): Promise<void> {
  const env = {
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_ISSUER: server.issuer,
    GATEHOUSE_CONFIG_DIR: server.configDir,
    GATEHOUSE_DATA_DIR: server.dataDir,
    GATEHOUSE_LOG_LEVEL: 'silent',
  };
  const { exitCode, stderr } = await gatehouse({ cwd: server.configDir, env }, words);
  expect([exitCode, stderr]).toEqual([0, '']);
}

interface ShutOut {
  readonly app: App;
  readonly shutsOut: (who: { email: string; grantIds: readonly string[] }) => Promise<void>;
  /** What the app hears when it asks without a page, or our own page. */
  readonly answer: string;
  readonly refusal: string;
}

const deps = () => ({ db: server.database.db, clock: movingClock });

const WAYS: Record<string, ShutOut> = {
  'an administrator bans the person': {
    app: ASK,
    shutsOut: ({ email }) => says('user', 'ban', email, '--reason', 'spam'),
    answer: 'login_required',
    refusal: '400 invalid_grant',
  },
  'an administrator deletes the person': {
    app: ASK,
    shutsOut: ({ email }) => says('user', 'delete', email, '--yes'),
    answer: 'login_required',
    refusal: '400 invalid_grant',
  },
  'the consent is taken back': {
    app: ASK,
    shutsOut: async ({ email }) => {
      const account = await findAccountByIdentifier(deps().db, email);
      const taken = { accountId: account?.id ?? '', clientId: ASK.clientId, source: undefined };
      expect(await disconnectApp(deps(), taken)).toBe(true);
    },
    answer: 'consent_required',
    refusal: '400 invalid_grant',
  },
  'the app’s file is removed, and the files read again': {
    app: GONE,
    shutsOut: async () => {
      rmSync(path.join(server.configDir, 'clients', 'gone.yaml'));
      await server.reload();
    },
    answer: 'a page',
    refusal: '401 invalid_client',
  },
};

async function introspected(token: string): Promise<unknown> {
  const answer = await post(`${server.issuer}/token/introspection`, { token }, { client: API_SERVER });
  return ((await answer.json()) as { active: unknown }).active;
}

describe('T08 refresh and userinfo ask anew: Pocket ID CVE-2026-43983; authentik CVE-2025-53942, CVE-2025-64521; Zitadel CVE-2024-46999, CVE-2024-47000, CVE-2024-47060', () => {
  test.each(Object.entries(WAYS))('nothing works any more, at the first asking, once %s', async (what, way) => {
    const { app } = way;
    const email = `${Buffer.from(what).toString('hex').slice(0, 40)}@example.test`;
    await server.person({ email });
    const scope = 'openid profile offline_access items:read';
    const params = { scope, resource: API };
    const { browser, tokens } = await signedIn(server.issuer, { app, email, params });
    const bound = await signedIn(server.issuer, { app, email, params: { ...params, scope: 'openid items:read' } });
    const unredeemed = await authorize(server.issuer, { app, browser, params });
    const all = [tokens, bound.tokens];
    for (const { accessToken, refreshToken } of all) {
      expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
      expect(await introspected(accessToken)).toBe(true);
      expect((await refresh(server.issuer, app, refreshToken)).status).toBe(200);
    }

    const grantIds = new Set(all.map(({ accessToken }) => String(claimsIn(accessToken)['gh_grant'])));
    await way.shutsOut({ email, grantIds: [...grantIds] });
    const since = performance.now();

    for (const { accessToken, refreshToken } of all) {
      const { status, body } = await refresh(server.issuer, app, refreshToken);
      expect(`${status} ${String(body['error'])}`).toBe(way.refusal);
      expect((await userinfo(server.issuer, accessToken)).status).toBe(401);
      expect(await introspected(accessToken)).toBe(false);
    }
    expect((await redeemFor(server.issuer, app, unredeemed)).status).toBeGreaterThan(399);
    for (const each of [browser, bound.browser]) {
      const response = await each.request(requestOf(server.issuer, app, { ...params, prompt: 'none' }).url);
      const location = response.headers.get('location');
      expect(location === null ? 'a page' : answerAt(location).get('error')).toBe(way.answer);
      if (location === null) expect(response.status).toBe(400);
      const page = await each.newTab().open(requestOf(server.issuer, app, params).url);
      const title = { login_required: /^Sign in to/, consent_required: /asks for access/ }[way.answer] ?? /./;
      expect(page.title).toMatch(title);
      expect(page.page.url).not.toContain('code=');
    }
    console.info(`T08: ${what}: everything refused within ${Math.round(performance.now() - since)} ms`);
  });

  test.each(['ban', 'delete'])(
    'an administrator is out of the console at the next call, once there is user %s',
    async (verb) => {
      // Somebody else stays: the last administrator cannot go.
      await administrator(server);
      const { email, browser } = await administrator(server);
      expect((await browser.open(`${server.issuer}/admin`)).title).toBe('Administration');
      await (verb === 'ban' ? says('user', 'ban', email, '--reason', 'spam') : says('user', 'delete', email, '--yes'));
      for (const path of ['/admin', '/admin/accounts', '/account']) {
        const { status, headers } = await browser.request(`${server.issuer}${path}`);
        const { pathname } = new URL(headers.get('location') ?? path, server.issuer);
        expect([path, status, pathname]).toEqual([path, 303, '/auth']);
      }
    },
  );
});
