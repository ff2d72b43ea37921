// Who may call the API.
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeClientRole } from '../../src/roles/client-roles.ts';
import { base, call, PROGRAMS, program, serviceFile, tokenFor } from '../support/api.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

let server: TestServer;
let jane: string;

beforeAll(async () => {
  server = await startTestServer({
    clients: {
      ...PROGRAMS,
      loose: serviceFile('loose'),
      bold: serviceFile('bold', undefined, 'roles: { assign: [desk, chief] }'),
    },
  });
  jane = `/accounts/${(await server.person({ email: 'jane@example.test' })).id}`;
});

afterAll(() => server.stop());

const challenges = (headers: Headers): string => headers.get('www-authenticate') ?? '';

describe('a program', () => {
  test('with the scope and the role reads an account', async () => {
    const { status, body, headers } = await (await program(server)).call('GET', jane);
    expect([status, body.email]).toEqual([200, 'jane@example.test']);
    expect(headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('without a token is told how to come', async () => {
    const { status, headers } = await call(server, 'GET', jane);
    expect(status).toBe(401);
    expect(challenges(headers)).toBe(`Bearer realm="${base(server)}", DPoP algs="ES256 EdDSA RS256 PS256"`);
  });

  test('without the scope is told which it needs, and without the role that it has none', async () => {
    const keeper = await program(server, { scope: 'clients:read' });
    const scopeless = await keeper.call('GET', jane);
    expect([scopeless.status, scopeless.body.code]).toEqual([403, 'insufficient_scope']);
    expect(challenges(scopeless.headers)).toContain('Bearer error="insufficient_scope", scope="accounts:read"');
    const second = await program(server, { clientId: 'second', roles: [] });
    const roleless = await second.call('GET', jane);
    expect([roleless.status, roleless.body.code, roleless.body.needs]).toEqual([403, 'forbidden', 'accounts:read']);
  });

  test('administers nothing by what its own file says, until an administrator gives it that role', async () => {
    const keeper = await program(server);
    const writes = [{ resource: 'gatehouse', name: 'accounts:write' }];
    const desk = { name: 'desk', description: 'Takes people in', permissions: writes };
    expect((await keeper.call('POST', '/roles', { body: desk })).status).toBe(201);
    const chief = { name: 'chief', description: 'May all', includes: ['gatehouse:admin'] };
    expect((await keeper.call('POST', '/roles', { body: chief })).status).toBe(201);

    const bold = await program(server, { clientId: 'bold', roles: [] });
    const claims = claimsIn(bold.token);
    expect(claims['roles']).toEqual(expect.arrayContaining(['chief', 'desk']));
    expect(claims).not.toHaveProperty('permissions');
    const takesIn = () => bold.call('POST', '/accounts', { body: { email: 'new@example.test', invite: true } });
    const refused = await takesIn();
    expect([refused.status, refused.body.code, refused.body.needs]).toEqual([403, 'forbidden', 'accounts:write']);
    const rights = (await keeper.call('GET', '/clients/bold/rights')).body;
    expect([rights.assigned, rights.effective.permissions]).toEqual([['desk', 'chief'], []]);

    expect((await keeper.call('PUT', '/clients/bold/roles/desk')).status).toBe(204);
    expect((await takesIn()).status).toBe(201);
    expect((await bold.call('GET', '/clients')).status).toBe(403);
    const granted = (await keeper.call('GET', '/clients/bold/rights')).body;
    expect(granted.effective.permissions).toEqual(['accounts:write']);
  });

  test('is shut out with the next call when its role is taken away', async () => {
    const second = await program(server, { clientId: 'second', roles: ['gatehouse:auditor'] });
    expect((await second.call('GET', jane)).status).toBe(200);
    await revokeClientRole(server.database.db, { clientId: 'second', role: 'gatehouse:auditor' });
    expect((await second.call('GET', jane)).status).toBe(403);
  });

  test('is shut out when its token has been revoked, or has expired', async () => {
    const keeper = await program(server);
    await fetch(`${server.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`keeper:${WEB_SECRET}`)}` },
      body: new URLSearchParams({ token: keeper.token }),
    });
    const revoked = await keeper.call('GET', jane);
    expect(revoked.status).toBe(401);
    expect(challenges(revoked.headers)).toContain('error="invalid_token"');
    const late = await program(server);
    movingClock.advance({ minutes: 11 });
    expect((await late.call('GET', jane)).status).toBe(401);
  });

  test('that is to bind its tokens to a key is shut out with one from before that', async () => {
    const loose = await program(server, { clientId: 'loose' });
    const status = async () => (await loose.call('GET', jane)).status;
    expect(await status()).toBe(200);
    const file = path.join(server.configDir, 'clients', 'loose.yaml');
    writeFileSync(file, serviceFile('loose', undefined, 'dpop_bound_access_tokens: true'));
    await expect.poll(status, { timeout: 5000 }).toBe(401);
    expect((await loose.call('GET', jane)).body.detail).toContain('bound to no key');
  });

  test('gets no token for the API unless its file says so', async () => {
    const asked = tokenFor(server, { clientId: 'robot', scope: 'accounts:read' });
    await expect(asked).rejects.toThrow('client robot may not ask for the resource');
  });

  test('shows its token in the header and nowhere else', async () => {
    const { token } = await program(server);
    expect((await call(server, 'GET', `${jane}?access_token=${token}`)).status).toBe(401);
    const variants = [
      `Bearer ~${token}`,
      `Bearer  ${token}`,
      `Basic ${token}`,
      `Bearer ${token}=`,
      token,
      'Bearer a.b.c',
    ];
    for (const authorization of variants) {
      expect((await call(server, 'GET', jane, { headers: { authorization } })).status, authorization).toBe(401);
    }
  });
});

describe('a token bound to a key', () => {
  const newKey = async () => {
    const keys = await generateKeyPair('ES256', { extractable: true });
    return { keys, jwk: await exportJWK(keys.publicKey) };
  };
  type Key = Awaited<ReturnType<typeof newKey>>;

  const proof = ({ keys, jwk }: Key, claims: Record<string, unknown>, header = {}) =>
    new SignJWT({ iat: Math.floor(movingClock.now().getTime() / 1000), jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
      .sign(keys.privateKey);

  async function boundToken(key: Key): Promise<string> {
    await program(server, { clientId: 'keeper' });
    const dpop = await proof(key, { htm: 'POST', htu: `${server.issuer}/token` });
    const asked = { clientId: 'keeper', scope: 'accounts:read', headers: { dpop } };
    return tokenFor(server, asked);
  }

  const encoded = (header: object, claims: object): string =>
    [
      { typ: 'dpop+jwt', ...header },
      { iat: Math.floor(movingClock.now().getTime() / 1000), jti: randomUUID(), ...claims },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
  const unsigned = (header: object, claims: object) => `${encoded(header, claims)}.`;
  /** The secret stands in the header: whoever believes it believes anybody. */
  const signedWithOwnSecret = (claims: object) => {
    const signed = encoded({ alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }, claims);
    return `${signed}.${createHmac('sha256', Buffer.from('AAAA', 'base64url')).update(signed).digest('base64url')}`;
  };

  const ath = (token: string) => createHash('sha256').update(token).digest('base64url');
  const shown = (token: string, dpop: string, method = 'GET') =>
    call(server, method, jane, { headers: { authorization: `DPoP ${token}`, dpop } });

  test('works with a proof, once, and for every method with its own', async () => {
    const key = await newKey();
    const token = await boundToken(key);
    const good = { htm: 'GET', htu: `${base(server)}${jane}`, ath: ath(token) };
    const once = await proof(key, good);
    expect((await shown(token, once)).status).toBe(200);
    const again = await shown(token, once);
    expect([again.status, again.body.detail]).toEqual([401, expect.stringContaining('used before')]);
    expect((await shown(token, await proof(key, { ...good, htm: 'HEAD' }), 'HEAD')).status).toBe(200);
    const racing = await proof(key, good);
    const raced = await Promise.all(Array.from({ length: 8 }, () => shown(token, racing)));
    expect(raced.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('is refused without one, as Bearer, and with a proof that is not for this call', async () => {
    const [key, other] = [await newKey(), await newKey()];
    const token = await boundToken(key);
    const asBearer = await call(server, 'GET', jane, { token });
    expect([asBearer.status, challenges(asBearer.headers)]).toEqual([401, expect.stringContaining('DPoP algs=')]);
    const good = { htm: 'GET', htu: `${base(server)}${jane}`, ath: ath(token) };
    const now = Math.floor(movingClock.now().getTime() / 1000);
    const wrong = [
      '',
      'x.y.z',
      await proof(key, { ...good, htm: 'POST' }),
      await proof(key, { ...good, htu: `${base(server)}/accounts` }),
      await proof(key, { ...good, htu: 'https://evil.example/api/v1' }),
      await proof(key, { ...good, htu: good.htu.replace('//', '//evil@') }),
      await proof(key, { ...good, htu: [good.htu] }),
      await proof(key, { ...good, ath: ath('another') }),
      await proof(key, { ...good, ath: undefined }),
      await proof(key, { ...good, iat: now - 120 }),
      await proof(key, { ...good, iat: now + 120 }),
      await proof(key, { ...good, iat: -1 }),
      await proof(key, { ...good, iat: undefined }),
      await proof(key, { ...good, exp: now - 1 }),
      await proof(key, { ...good, jti: '' }),
      await proof(key, { ...good, jti: 5 }),
      await proof(key, good, { typ: 'JWT' }),
      await proof(other, good),
      await proof(key, good, { jwk: other.jwk }),
      await proof(key, good, { jwk: await exportJWK(key.keys.privateKey) }),
      await proof(key, good, { jwk: undefined, jku: `${server.issuer}/jwks` }),
      `${await proof(key, good)}, ${await proof(key, good)}`,
      unsigned({ alg: 'none', jwk: key.jwk }, good),
      signedWithOwnSecret(good),
    ];
    for (const [index, dpop] of wrong.entries()) {
      const { status, headers } = await shown(token, dpop);
      expect([status, challenges(headers)], String(index)).toEqual([
        401,
        expect.stringContaining('invalid_dpop_proof'),
      ]);
    }
    const unbound = (await program(server)).token;
    expect((await shown(unbound, await proof(key, { ...good, ath: ath(unbound) }))).status).toBe(401);
    expect(await calculateJwkThumbprint(key.jwk)).not.toBe(await calculateJwkThumbprint(other.jwk));
  });
});
