// T18: nobody gets more than the client file and the person allow: not by scopes, not by the name of a role.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRole } from '../../src/roles/roles.ts';
import {
  ASK,
  answerAt,
  authorize,
  post,
  ROBOT,
  redeemFor,
  refresh,
  requestOf,
  tokensOf,
  userinfo,
  WEB,
} from '../protocol/apps.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';

/** What `ask` may not have, or nobody: items:write is another client's. */
const TOO_MUCH = [
  ...['nonsense', 'items:write', 'admin', 'gatehouse:admin', 'accounts:write', 'address', 'phone', '*', 'openid:all'],
  ...['OPENID', 'Profile', 'items:*', 'items:read,items:write', 'items:read\u00a0items:write'],
];

const RESERVED = [
  'sub',
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'acr',
  'amr',
  'client_id',
  'scope',
  'cnf',
  '__proto__',
];

describe('T18 more scopes, claims or roles than allowed: better-auth CVE-2026-41427; authentik CVE-2024-52287; Zitadel CVE-2024-29892', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    await server.person({ email: 'ada@example.test', roles: ['teller'] });
  });

  afterAll(() => server.stop());

  const granted = async (scope: string): Promise<string[]> => {
    const params = { scope, resource: API, prompt: 'login' };
    const authorized = await authorize(server.issuer, { app: ASK, email: 'ada@example.test', params });
    const { scope: said, accessToken } = tokensOf((await redeemFor(server.issuer, ASK, authorized)).body);
    expect(String(claimsIn(accessToken)['scope'])).toBe(said);
    return said.split(' ').sort();
  };

  test(`of ${TOO_MUCH.length} scopes that an app may not have none is granted: 0 of ${TOO_MUCH.length}`, async () => {
    for (const scope of TOO_MUCH) {
      const { url } = requestOf(server.issuer, ASK, { scope: `openid ${scope}`, resource: API });
      const location = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
      // Refused at once, or left out of what the person is asked and the app is given (RFC 6749 section 3.3).
      if (location.startsWith(ASK.redirectUri)) expect(answerAt(location).get('error'), scope).toBe('invalid_scope');
      else expect(await granted(`openid items:read ${scope}`), scope).toEqual(['items:read', 'openid']);
    }
  });

  test('neither by a pushed request', async () => {
    for (const scope of TOO_MUCH) {
      const params = new URL(requestOf(server.issuer, ASK, { scope: `openid ${scope}`, resource: API }).url)
        .searchParams;
      const answer = await post(`${server.issuer}/request`, params, { client: ASK });
      const { request_uri: pushed, error } = (await answer.json()) as Record<string, string>;
      if (answer.status !== 201) {
        expect(error, scope).toBe('invalid_scope');
        continue;
      }
      const query = new URLSearchParams({ client_id: 'ask', request_uri: pushed ?? '' });
      const page = await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' });
      expect(page.headers.get('location') ?? '', scope).not.toContain('code=');
    }
  });

  test('nor at a refresh, nor for a service', async () => {
    const params = { scope: 'openid offline_access items:read', resource: API };
    const authorized = await authorize(server.issuer, { app: WEB, email: 'ada@example.test', params });
    const { refreshToken } = tokensOf((await redeemFor(server.issuer, WEB, authorized)).body);
    for (const scope of ['openid items:read items:write', 'openid email', 'openid roles', 'items:write', 'nonsense']) {
      const answer = await refresh(server.issuer, WEB, refreshToken, { scope, resource: API });
      expect([answer.status, answer.body['error']], scope).toEqual([400, 'invalid_scope']);
    }
    for (const scope of [...TOO_MUCH, 'openid', 'offline_access']) {
      const form = { grant_type: 'client_credentials', scope, resource: API };
      const answer = await post(`${server.issuer}/token`, form, { client: ROBOT });
      const { error, access_token: token } = (await answer.json()) as Record<string, unknown>;
      if (answer.status !== 200) expect([answer.status, error], scope).toEqual([400, 'invalid_scope']);
      else expect([undefined, 'items:read'], scope).toContain(claimsIn(token)['scope']);
    }
  });

  test('a role cannot have the name of a claim', async () => {
    const deps = { db: server.database.db, clock: movingClock };
    for (const name of RESERVED) {
      expect(await createRole(deps, { name, description: 'x' }), name).toMatchObject({ outcome: 'invalid' });
    }
  });

  test('and if one had, by a hand in the database, it would be a word in a list and change no claim', async () => {
    const { id } = await server.person({ email: 'eve@example.test' });
    const { db } = server.database;
    for (const name of RESERVED) {
      await db.insertInto('roles').values({ name, description: 'x' }).execute();
      await db.insertInto('role_assignments').values({ account_id: id, role: name }).execute();
    }
    const params = { scope: 'openid roles email', prompt: 'login' };
    const authorized = await authorize(server.issuer, { email: 'eve@example.test', params });
    const { idToken, accessToken } = tokensOf((await redeemFor(server.issuer, WEB, authorized)).body);
    const told = (await (await userinfo(server.issuer, accessToken)).json()) as Record<string, unknown>;
    for (const claims of [claimsIn(idToken), claimsIn(accessToken), told]) {
      expect(claims['sub']).toBe(id);
      expect([...(claims['roles'] as string[])].sort()).toEqual([...RESERVED].sort());
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
    }
    expect(claimsIn(idToken)).toMatchObject({ iss: server.issuer, aud: 'web', acr: 'pwd' });
    expect(claimsIn(accessToken)).toMatchObject({ iss: server.issuer, client_id: 'web', acr: 'pwd' });
  });
});
