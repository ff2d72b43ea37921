// A token is for one purpose at one place: whoever takes it looks at its type and its audience, not only at our signature.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logoutTokens } from '../../src/provider/sign-out/back-channel-logout.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import {
  answerAt,
  authorize,
  headerOf,
  post,
  ROBOT,
  requestOf,
  SPA,
  signedIn,
  userinfo,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { putModel } from '../support/model.ts';
import { movingClock } from '../support/moving-clock.ts';
import { MASTER_SECRET, ourKey } from '../support/our-keys.ts';
import { claimsIn, redeem, redeemCode } from '../support/sign-in.ts';
import { assertionForm, newSigningClient } from '../support/signing-client.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const API_SERVER = { clientId: 'api-server', secret: WEB_SECRET };

let server: TestServer;
let person: Browser;
/** By what they are; all of them real, ours and in time. */
let tokens: Record<string, string>;
let accessToken: string;
let refreshToken: string;
let idToken: string;

beforeAll(async () => {
  const signer = await newSigningClient('signer');
  const apiServer = `client_id: api-server\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nintrospect: ["${API}"]\n`;
  server = await startTestServer({
    clients: { signer: signer.file, 'api-server': apiServer },
    env: { GATEHOUSE_SECRET: MASTER_SECRET },
  });
  const { id: accountId } = await server.person({ email: 'jane@example.test' });
  // The tokens are those of somebody who may administer, and who would be asked for a second factor there.
  await putModel(server.database.db, { roles: { overseer: { permissions: ['gatehouse accounts:read'] } } });
  await grantRole(server.database.db, { accountId, role: 'overseer' });
  const visit = await signedIn(server.issuer, { email: 'jane@example.test' });
  person = visit.browser;
  ({ accessToken, refreshToken, idToken } = visit.tokens);
  const key = await ourKey(server);
  const { code } = await authorize(server.issuer, { browser: person });
  const pushed = await post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB).url).searchParams, {
    client: WEB,
  });
  const logoutToken = await logoutTokens(() => server.engine.provider())({
    id: 'a-notice',
    clientId: 'web',
    accountId,
    sid: String(claimsIn(idToken)['sid']),
    endedAt: movingClock.now(),
  } as never);
  const robots = async (form: Record<string, string>) =>
    String((await redeem(server.issuer, { grant_type: 'client_credentials', ...form }, ROBOT)).body['access_token']);
  const forApi = await signedIn(server.issuer, {
    browser: person,
    params: { scope: 'items:read', resource: API, nonce: undefined },
  });
  const [at, hint, logout] = [accessToken, idToken, logoutToken].map(claimsIn) as Record<string, unknown>[];
  const now = Math.floor(movingClock.now().getTime() / 1000);
  tokens = {
    'an ID token': idToken,
    'a logout token': logoutToken,
    'a client assertion': await signer.assertion(server.issuer),
    'an access token for an API': forApi.tokens.accessToken,
    'a service’s access token': await robots({}),
    'a service’s access token for an API': await robots({ resource: API, scope: 'items:read' }),
    'a refresh token': refreshToken,
    'a code': code,
    'a request_uri': ((await pushed.json()) as { request_uri: string }).request_uri,
    'an access token of type JWT': key.sign({ typ: 'JWT' }, at ?? {}),
    'an access token without a type': key.sign({ typ: undefined }, at ?? {}),
    'an access token of type logout+jwt': key.sign({ typ: 'logout+jwt' }, at ?? {}),
    'an ID token of type at+jwt': key.sign({ typ: 'at+jwt' }, hint ?? {}),
    'a logout token of type at+jwt': key.sign({ typ: 'at+jwt' }, logout ?? {}),
    'a logout token of type JWT': key.sign({ typ: 'JWT' }, { ...logout, aud: 'spa' }),
    'an introspection answer': key.sign(
      { typ: 'token-introspection+jwt' },
      { iss: server.issuer, aud: 'web', iat: now, token_introspection: { active: true, ...at } },
    ),
    'a DPoP proof': key.sign(
      { typ: 'dpop+jwt' },
      { htm: 'GET', htu: `${server.issuer}/me`, iat: now, jti: 'x', sub: at?.['sub'] },
    ),
  };
});

afterAll(() => server.stop());

/** Tries every token but those that belong there; counts them. */
async function none(
  except: readonly string[],
  isTaken: (token: string, what: string) => Promise<boolean>,
): Promise<number> {
  let tried = 0;
  const taken: string[] = [];
  for (const [what, token] of Object.entries(tokens)) {
    if (except.includes(what)) continue;
    if (await isTaken(token, what)) taken.push(what);
    tried += 1;
  }
  expect(taken).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(12);
  return tried;
}

const redeemed = (form: Record<string, string>) => redeem(server.issuer, form, WEB);

const CONSUMERS: Record<string, { except: readonly string[]; isTaken: (token: string) => Promise<boolean> }> = {
  'userinfo, as a bearer': {
    except: [],
    isTaken: async (token) => (await userinfo(server.issuer, token)).status !== 401,
  },
  'userinfo, in a form': {
    except: [],
    isTaken: async (token) => (await post(`${server.issuer}/me`, { access_token: token })).status !== 401,
  },
  'introspection by the app': {
    // Its own token for an API and its refresh token are active, and it may ask (RFC 7662 section 4).
    except: ['a refresh token', 'an access token for an API'],
    isTaken: async (token) => {
      const answer = await post(`${server.issuer}/token/introspection`, { token }, { client: WEB });
      return ((await answer.json()) as { active?: boolean }).active !== false;
    },
  },
  'introspection by an API': {
    except: ['an access token for an API', 'a service’s access token for an API'],
    isTaken: async (token) => {
      const answer = await post(`${server.issuer}/token/introspection`, { token }, { client: API_SERVER });
      return ((await answer.json()) as { active?: boolean }).active !== false;
    },
  },
  'the token endpoint, as a code': {
    except: ['a code'],
    isTaken: async (token) => {
      const answer = await redeemCode(server.issuer, { code: token, verifier: 'x'.repeat(43) });
      return answer.status !== 400 || answer.body['error'] !== 'invalid_grant';
    },
  },
  'the token endpoint, as a refresh token': {
    except: ['a refresh token'],
    isTaken: async (token) => {
      const answer = await redeemed({ grant_type: 'refresh_token', refresh_token: token });
      return answer.status !== 400 || answer.body['error'] !== 'invalid_grant';
    },
  },
  'the token endpoint, as a client assertion': {
    except: ['a client assertion'],
    isTaken: async (token) => {
      const form = { grant_type: 'client_credentials', ...assertionForm(token) };
      return (await post(`${server.issuer}/token`, form as Record<string, string>)).status < 400;
    },
  },
  'the token endpoint, as a DPoP proof': {
    except: ['a DPoP proof'],
    isTaken: async (token) => {
      const form = { grant_type: 'client_credentials' };
      return (await post(`${server.issuer}/token`, form, { client: ROBOT, headers: { dpop: token } })).status !== 400;
    },
  },
  'the authorization endpoint, as an id_token_hint': {
    except: ['an ID token'],
    isTaken: async (token) => {
      const { url } = requestOf(server.issuer, WEB, { id_token_hint: token, prompt: 'none' });
      return answerAt((await person.request(url)).headers.get('location')).get('error') !== 'invalid_request';
    },
  },
  'sign-out, as an id_token_hint': {
    except: ['an ID token'],
    isTaken: async (token) => {
      const query = new URLSearchParams({ id_token_hint: token, client_id: 'web' });
      return (await person.request(`${server.issuer}/session/end?${query}`)).status !== 400;
    },
  },
  'the authorization endpoint, as a request_uri': {
    except: ['a request_uri'],
    isTaken: async (token) => {
      for (const uri of [token, `urn:ietf:params:oauth:request_uri:${token}`]) {
        const url = `${server.issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri: uri })}`;
        const location = (await person.request(url)).headers.get('location');
        if (location !== null && answerAt(location).has('code')) return true;
      }
      return false;
    },
  },
  'the authorization endpoint, as a request object': {
    except: [],
    isTaken: async (token) => {
      const { url } = requestOf(server.issuer, WEB, { request: token });
      return answerAt((await person.request(url)).headers.get('location')).has('code');
    },
  },
  'a browser, as the cookie of a session': {
    except: [],
    isTaken: async (token) => {
      const { url } = requestOf(server.issuer, WEB, { prompt: 'none' });
      const signature = (await person.cookiesAt(server.issuer))['gatehouse_session.sig'];
      const cookie = `gatehouse_session=${token}; gatehouse_session.sig=${signature}`;
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
      return answerAt(response.headers.get('location')).has('code');
    },
  },
  'the console, as a bearer': {
    except: [],
    isTaken: async (token) =>
      isLetIn(
        await fetch(`${server.issuer}/admin`, { redirect: 'manual', headers: { authorization: `Bearer ${token}` } }),
      ),
  },
  'the console, as the cookie of a session': {
    except: [],
    isTaken: async (token) => {
      const signature = (await person.cookiesAt(server.issuer))['gatehouse_session.sig'];
      const cookie = `gatehouse_session=${token}; gatehouse_session.sig=${signature}`;
      return isLetIn(await fetch(`${server.issuer}/admin`, { redirect: 'manual', headers: { cookie } }));
    },
  },
  'the API of the server, as a bearer': {
    except: [],
    isTaken: async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${server.issuer}/api/v1/accounts`, { headers })).status !== 401;
    },
  },
};

/** Nobody's request is sent to sign in. */
const isLetIn = (response: Response): boolean =>
  new URL(response.headers.get('location') ?? '/', server.issuer).pathname !== '/auth';

describe('T09 token types and audiences: Keycloak GHSA-7fpj-9hr8-28vh, CVE-2026-18208; Zitadel CVE-2026-55669; Casdoor CVE-2026-9097, CVE-2026-9094; better-auth GHSA-p2fr-6hmx-4528; Dex GHSA-7qjx-gp9h-65qj', () => {
  test('the tokens are good where they belong, so that what follows can fail', async () => {
    expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
    expect(headerOf(accessToken)['typ']).toBe('at+jwt');
    expect(headerOf(tokens['a logout token'] ?? '')['typ']).toBe('logout+jwt');
    expect(CONSUMERS['the authorization endpoint, as an id_token_hint']).toBeDefined();
    const hint = requestOf(server.issuer, WEB, { id_token_hint: idToken, prompt: 'none' });
    expect(answerAt((await person.request(hint.url)).headers.get('location')).has('code')).toBe(true);
    for (const what of ['an access token for an API', 'a service’s access token for an API']) {
      const form = { token: tokens[what] ?? '' };
      const answer = await post(`${server.issuer}/token/introspection`, form, { client: API_SERVER });
      expect(await answer.json(), what).toMatchObject({ active: true });
    }
  });

  test.each(Object.entries(CONSUMERS))('0 of the others are taken at %s', async (where, { except, isTaken }) => {
    const tried = await none(except, isTaken);
    console.info(`T09: 0 of ${tried} tokens of another kind were taken at ${where}`);
  });

  test('nothing has been spent or revoked by trying', async () => {
    expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
    expect((await redeemed({ grant_type: 'refresh_token', refresh_token: refreshToken })).status).toBe(200);
  });

  test('an app is refused an audience that its file does not name: invalid_target, and no token', async () => {
    const foreign = [`${server.issuer}/me`, 'https://unknown.example.test', `${API}/`, API.toUpperCase(), 'web'];
    for (const resource of [...foreign, `${API}#x`]) {
      const { url } = requestOf(server.issuer, WEB, { resource });
      const answer = answerAt((await person.request(url)).headers.get('location'));
      expect([answer.get('error'), answer.has('code')], resource).toEqual(['invalid_target', false]);
      const machine = await redeem(server.issuer, { grant_type: 'client_credentials', resource }, ROBOT);
      expect([machine.status, machine.body['error']], resource).toEqual([400, 'invalid_target']);
      const again = await redeemed({ grant_type: 'refresh_token', refresh_token: refreshToken, resource });
      expect([again.status, again.body['error']], resource).toEqual([400, 'invalid_target']);
    }
    // An API of other apps, which this one may not ask for.
    const { url } = requestOf(server.issuer, SPA, { resource: API });
    expect(answerAt((await person.request(url)).headers.get('location')).get('error')).toBe('invalid_target');
    const spa = await signedIn(server.issuer, { app: SPA, browser: person });
    const form = { grant_type: 'refresh_token', refresh_token: spa.tokens.refreshToken, resource: API };
    const widened = await redeem(server.issuer, form, { clientId: 'spa' });
    expect([widened.status, widened.body['error']]).toEqual([400, 'invalid_target']);
  });
});
